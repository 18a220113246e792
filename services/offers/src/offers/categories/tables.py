"""The category tables, loaded once."""

from __future__ import annotations

from offers.categories.files import rows
from offers.categories.kinds import (
    Category,
    Field,
    GenreType,
    NativeCategory,
    Platform,
    Reimbursement,
    SearchGroup,
    Subcategory,
)


def _fields(text: str) -> tuple[Field, ...]:
    """`a` is optional, `a+` must be given by partner software, `a++` on the portal too."""
    return tuple(
        Field(item.rstrip("+"), required_on_portal=item.endswith("++"), required_on_public_api=item.endswith("+"))
        for item in text.split()
    )


def _subcategory(row: dict[str, str]) -> Subcategory:
    traits = set(row["traits"].split())
    return Subcategory(
        id=row["id"],
        category_id=row["category"],
        label=row["label"],
        app_label=row["app_label"] or row["label"],
        homepage_label=row["homepage_label"],
        platform=Platform(row["platform"]),
        is_event="event" in traits,
        can_expire="expires" in traits,
        can_be_duo="duo" in traits,
        can_have_opening_hours="hours" in traits,
        can_be_withdrawable="withdrawable" in traits,
        is_selectable="retired" not in traits,
        is_digital_deposit=row["deposit"] == "digital",
        is_physical_deposit=row["deposit"] == "physical",
        reimbursement=Reimbursement(row["reimbursement"]),
        is_bookable_by_underage_when_free=row["underage"] in ("free", "all"),
        is_bookable_by_underage_when_not_free=row["underage"] == "all",
        search_groups=tuple(row["search_groups"].split()),
        native_category=row["native_category"] or None,
        fields=_fields(row["fields"]),
        collective_formats=tuple(row["collective_formats"].split()),
    )


def _native_category(row: dict[str, str]) -> NativeCategory:
    positions = {group: int(place) for group, _, place in (item.partition(":") for item in row["parents"].split())}
    return NativeCategory(row["id"], row["label"] or None, GenreType(row["genre"]) if row["genre"] else None, positions)


CATEGORIES: dict[str, Category] = {
    row["id"]: Category(row["id"], row["label"], row["selectable"] == "yes") for row in rows("categories.csv")
}
SUBCATEGORIES: dict[str, Subcategory] = {row["id"]: _subcategory(row) for row in rows("subcategories.csv")}
SEARCH_GROUPS: dict[str, SearchGroup] = {
    row["id"]: SearchGroup(row["id"], row["label"] or None, int(row["order"])) for row in rows("search_groups.csv")
}
NATIVE_CATEGORIES: dict[str, NativeCategory] = {
    row["id"]: _native_category(row) for row in rows("native_categories.csv")
}
HOMEPAGE_LABELS: dict[str, str | None] = {row["id"]: row["label"] or None for row in rows("homepage_labels.csv")}

MUSIC_CATEGORIES = frozenset({"MUSIQUE_LIVE", "MUSIQUE_ENREGISTREE"})
MUSIC_SUBCATEGORIES = frozenset(s.id for s in SUBCATEGORIES.values() if s.category_id in MUSIC_CATEGORIES)
BOOKS_WITH_EAN = frozenset({"LIVRE_PAPIER", "LIVRE_AUDIO_PHYSIQUE", "LIVRE_NUMERIQUE"})
CD_SUBCATEGORIES = frozenset({"SUPPORT_PHYSIQUE_MUSIQUE_CD", "SUPPORT_PHYSIQUE_MUSIQUE_VINYLE"})
USED_AT_BOOKING_WHEN_FREE = frozenset({"CARTE_MUSEE", "ABO_BIBLIOTHEQUE", "ABO_MEDIATHEQUE"})
EAN_UPSERT_SUBCATEGORIES = CD_SUBCATEGORIES | {"LIVRE_PAPIER"}
REACTABLE_SUBCATEGORIES = CD_SUBCATEGORIES | {"LIVRE_PAPIER", "SEANCE_CINE"}


def find_subcategory(subcategory_id: str) -> Subcategory | None:
    return SUBCATEGORIES.get(subcategory_id)


def subcategories_of_group(search_group: str) -> frozenset[str]:
    return frozenset(s.id for s in SUBCATEGORIES.values() if search_group in s.search_groups)


def subcategories_of_native_category(native_category: str) -> frozenset[str]:
    return frozenset(s.id for s in SUBCATEGORIES.values() if s.native_category == native_category)


def subcategories_of_category(category: str) -> frozenset[str]:
    return frozenset(s.id for s in SUBCATEGORIES.values() if s.category_id == category)
