"""The kinds of row of the category tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    OFFLINE = "OFFLINE"
    ONLINE = "ONLINE"
    ONLINE_OR_OFFLINE = "ONLINE_OR_OFFLINE"


class Reimbursement(StrEnum):
    STANDARD = "STANDARD"
    NOT_REIMBURSED = "NOT_REIMBURSED"
    BOOK = "BOOK"


class GenreType(StrEnum):
    BOOK = "BOOK"
    MUSIC = "MUSIC"
    SHOW = "SHOW"
    MOVIE = "MOVIE"


@dataclass(frozen=True, slots=True)
class Category:
    """A category as the portal lists them."""

    id: str
    label: str
    is_selectable: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A key of an offer's extra data that a subcategory accepts, and on which faces it must be filled in."""

    name: str
    required_on_portal: bool
    required_on_public_api: bool


@dataclass(frozen=True, slots=True)
class Subcategory:
    """One kind of offer, with everything the rules ask of it.

    `search_groups` are in declaration order: where one alone can be shown, it is the first. `app_label` is what the
    young people read, `label` what the partners read.
    """

    id: str
    category_id: str
    label: str
    app_label: str
    homepage_label: str
    platform: Platform
    is_event: bool
    can_expire: bool
    can_be_duo: bool
    can_have_opening_hours: bool
    can_be_withdrawable: bool
    is_selectable: bool
    is_digital_deposit: bool
    is_physical_deposit: bool
    reimbursement: Reimbursement
    is_bookable_by_underage_when_free: bool
    is_bookable_by_underage_when_not_free: bool
    search_groups: tuple[str, ...]
    native_category: str | None
    fields: tuple[Field, ...]
    collective_formats: tuple[str, ...]

    @property
    def is_online_only(self) -> bool:
        return self.platform is Platform.ONLINE

    @property
    def is_offline_only(self) -> bool:
        return self.platform is Platform.OFFLINE

    @property
    def is_permanent(self) -> bool:
        """Neither an event nor something whose booking expires: such bookings never end by themselves."""
        return not self.is_event and not self.can_expire

    @property
    def field_names(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields)

    def is_forbidden_to_underage(self, price_cents: int) -> bool:
        """Whether somebody without the adult credit may not book it at this price (offers rules: underage)."""
        if price_cents > 0:
            return not self.is_bookable_by_underage_when_not_free
        return not self.is_bookable_by_underage_when_free


@dataclass(frozen=True, slots=True)
class SearchGroup:
    """A top entry of the app's search; `order` is its place on the screen."""

    id: str
    label: str | None
    order: int


@dataclass(frozen=True, slots=True)
class NativeCategory:
    """A second-level entry of the app's search; `positions` give its place under each of its search groups."""

    id: str
    label: str | None
    genre_type: GenreType | None
    positions: dict[str, int]

    @property
    def parents(self) -> tuple[str, ...]:
        return tuple(self.positions)
