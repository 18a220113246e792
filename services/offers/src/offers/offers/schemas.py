"""What the portal sends and reads of offers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, BeforeValidator, EmailStr, Field, StringConstraints, UrlConstraints, field_validator

from offers.categories.names import one_of
from offers.categories.tables import SUBCATEGORIES
from offers.offers.values import ArtistType, OfferStatus, WithdrawalType
from offers.venues.schemas import LocationResponse
from shared.web import Identifier, ProRequest, Response, StrictInt, UtcDatetime
from shared.web.schemas import BIGINT_MAX

SubcategoryId = Annotated[str, one_of(SUBCATEGORIES)]
Url = Annotated[AnyHttpUrl, UrlConstraints(max_length=2083)]
UrlOrBlank = Annotated[Url | None, BeforeValidator(lambda value: None if value == "" else value)]
"""An address, or nothing: an emptied field is sent as an empty string."""
Minutes = Annotated[StrictInt, Field(ge=-(2**31), le=2**31 - 1)]
Seconds = Annotated[StrictInt, Field(ge=0, le=BIGINT_MAX)]
BodyId = Annotated[StrictInt, Field(ge=1, le=BIGINT_MAX)]


class ArtistLinkBody(ProRequest):
    artist_type: ArtistType
    artist_id: str | None = None
    custom_name: str | None = None


class LocationBody(ProRequest):
    """A full address; `is_manual_edition` when it was typed rather than picked from the national register."""

    street: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    postal_code: Annotated[str, StringConstraints(min_length=5, max_length=5)]
    city: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    latitude: float | str
    longitude: float | str
    ban_id: Annotated[str, StringConstraints(max_length=50)] | None = None
    insee_code: Annotated[str, StringConstraints(min_length=5, max_length=5)] | None = None
    label: Annotated[str, StringConstraints(max_length=200)] | None = None
    is_manual_edition: bool = False
    is_venue_location: bool = False


class VenueLocationBody(ProRequest):
    is_venue_location: bool

    @field_validator("is_venue_location")
    @classmethod
    def _at_the_venue(cls, value: bool) -> bool:
        if not value:
            raise ValueError("Une adresse est attendue quand l’offre n’a pas lieu dans la structure")
        return value


class _Accessibility(ProRequest):
    audio_disability_compliant: bool
    mental_disability_compliant: bool
    motor_disability_compliant: bool
    visual_disability_compliant: bool


class OfferMinimalBody(_Accessibility):
    name: str
    venue_id: BodyId
    subcategory_id: str
    description: str | None = None
    duration_minutes: Minutes | None = None
    extra_data: dict[str, Any] | None = None
    artist_offer_links: list[ArtistLinkBody] | None = None
    # The portal picks a product by its EAN and sends it with the rest.
    product_id: BodyId | None = None


class OfferBody(OfferMinimalBody):
    address: LocationBody | VenueLocationBody | None = None
    url: Url | None = None
    booking_contact: EmailStr | None = None
    booking_email: EmailStr | None = None
    external_ticket_office_url: Url | None = None
    is_duo: bool | None = None
    is_national: bool | None = None
    withdrawal_delay: Seconds | None = None
    withdrawal_details: str | None = None
    withdrawal_type: WithdrawalType | None = None


class OfferPatch(ProRequest):
    """Only the keys that are sent change."""

    artist_offer_links: list[ArtistLinkBody] | None = None
    audio_disability_compliant: bool | None = None
    mental_disability_compliant: bool | None = None
    motor_disability_compliant: bool | None = None
    visual_disability_compliant: bool | None = None
    booking_allowed_datetime: UtcDatetime | None = None
    publication_datetime: UtcDatetime | Literal["now"] | None = None
    booking_contact: EmailStr | None = None
    booking_email: EmailStr | None = None
    description: str | None = None
    duration_minutes: Minutes | None = None
    external_ticket_office_url: Url | None = None
    extra_data: Any = None
    is_duo: bool | None = None
    is_national: bool | None = None
    location: LocationBody | VenueLocationBody | None = None
    name: str | None = None
    should_send_mail: bool | None = None
    subcategory_id: str | None = None
    url: UrlOrBlank = None
    video_url: UrlOrBlank = None
    withdrawal_delay: Seconds | None = None
    withdrawal_details: str | None = None
    withdrawal_type: WithdrawalType | None = None


class PublishBody(ProRequest):
    id: BodyId
    publication_datetime: UtcDatetime | None = None
    booking_allowed_datetime: UtcDatetime | None = None


class ActiveStatusBody(ProRequest):
    ids: list[BodyId]
    is_active: bool


class CreationMode(StrEnum):
    MANUAL = "manual"
    IMPORTED = "imported"


class ListQuery(ProRequest):
    """The filters of the portal's list; all of them narrow it."""

    name_or_isbn: str | None = None
    offerer_id: Identifier | None = None
    # The page shares its filter with collective offers: a status of theirs matches nothing here.
    status: str | None = None
    venue_id: Identifier | None = None
    category_id: str | None = None
    creation_mode: str | None = None
    period_beginning_date: date | None = None
    period_ending_date: date | None = None
    offerer_address_id: Identifier | None = None


class AllActiveStatusBody(ListQuery):
    is_active: bool


class DeleteDraftBody(ProRequest):
    ids: list[BodyId]


class NamedHighlight(Response):
    id: int
    name: str


class OfferStockItem(Response):
    id: int
    beginning_datetime: UtcDatetime | None = None
    booking_quantity: int | None = None
    remaining_quantity: int | str
    has_booking_limit_datetime_passed: bool


class OfferListVenue(Response):
    id: int
    name: str
    public_name: str
    is_virtual: bool
    offerer_name: str
    departement_code: str | None = None


class OfferListItem(Response):
    id: int
    name: str
    status: OfferStatus
    subcategory_id: SubcategoryId
    is_active: bool
    is_editable: bool
    is_event: bool
    can_be_event: bool
    is_thing: bool
    is_educational: bool
    is_showcase: bool | None = False
    is_digital: bool
    is_headline_offer: bool
    has_booking_limit_datetimes_passed: bool
    bookings_count: int | None = None
    product_id: int | None = None
    product_isbn: str | None = None
    thumb_url: str | None = None
    publication_datetime: UtcDatetime | None = None
    booking_allowed_datetime: UtcDatetime | None = None
    location: LocationResponse | None = None
    venue: OfferListVenue
    stocks: list[OfferStockItem]
    highlight_requests: list[NamedHighlight]


class ActiveMediation(Response):
    author_id: str | None = None
    credit: str | None = None
    thumb_url: str | None = None


class ArtistLinkResponse(Response):
    artist_id: str | None
    artist_name: str
    artist_type: ArtistType


class LastProvider(Response):
    name: str


class PriceCategoryResponse(Response):
    id: int
    label: str
    price: float


class OffererOfVenue(Response):
    id: int
    name: str


class OfferVenue(Response):
    id: int
    name: str
    public_name: str
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    departement_code: str | None = None
    booking_email: str | None = None
    is_virtual: bool
    managing_offerer: OffererOfVenue
    audio_disability_compliant: bool | None = None
    mental_disability_compliant: bool | None = None
    motor_disability_compliant: bool | None = None
    visual_disability_compliant: bool | None = None


class VideoData(Response):
    video_duration: int | None = None
    video_external_id: str | None = None
    video_thumbnail_url: str | None = None
    video_title: str | None = None
    video_url: Url | None = None


class IndividualOffer(Response):
    id: int
    name: str
    description: str | None = None
    subcategory_id: SubcategoryId
    product_id: int | None = None
    status: OfferStatus
    is_active: bool
    is_editable: bool
    is_event: bool
    can_be_event: bool
    is_thing: bool
    is_digital: bool
    is_duo: bool
    is_national: bool
    is_non_free_offer: bool | None = None
    has_stocks: bool
    has_booking_limit_datetimes_passed: bool
    bookings_count: int | None = None
    date_created: UtcDatetime
    publication_date: UtcDatetime | None = None
    publication_datetime: UtcDatetime | None = None
    booking_allowed_datetime: UtcDatetime | None = None
    duration_minutes: int | None = None
    extra_data: Any = None
    url: str | None = None
    external_ticket_office_url: str | None = None
    booking_contact: str | None = None
    booking_email: str | None = None
    withdrawal_type: WithdrawalType | None = None
    withdrawal_delay: int | None = None
    withdrawal_details: str | None = None
    audio_disability_compliant: bool | None = None
    mental_disability_compliant: bool | None = None
    motor_disability_compliant: bool | None = None
    visual_disability_compliant: bool | None = None
    active_mediation: ActiveMediation | None = None
    thumb_url: str | None = None
    last_provider: LastProvider | None = None
    price_categories: list[PriceCategoryResponse] | None = None
    artist_offer_links: list[ArtistLinkResponse]
    video_data: VideoData
    highlight_requests: list[NamedHighlight]
    venue: OfferVenue


class IndividualOfferWithAddress(IndividualOffer):
    location: LocationResponse | None = None
    has_pending_bookings: bool
    is_headline_offer: bool
