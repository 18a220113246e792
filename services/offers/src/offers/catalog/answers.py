"""The pieces of the app's answers that several faces share, and how an offer is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from offers.catalog import rules
from offers.catalog.linked_data import metadata
from offers.catalog.values import Image, Place, PublicOffer, PublicStock, PublicVenue
from offers.categories.names import one_of
from offers.categories.tables import SUBCATEGORIES
from offers.stocks import rules as stock_rules
from offers.venues.rules import opening_hours_by_day
from offers.venues.values import Weekday
from shared.geography import METROPOLITAN_TIMEZONE
from shared.storage import Storage
from shared.web import Response, UtcDatetime

SubcategoryName = Annotated[str, one_of(SUBCATEGORIES)]
ExpenseDomain = Annotated[str, one_of(("all", "digital", "physical"))]
ArtistRole = Annotated[str, one_of(("author", "performer", "stage_director"))]
ClubType = Literal["CINE", "BOOK", "ALBUM", "CONCERT", "SCENE"]


class Coordinates(Response):
    latitude: float | None
    longitude: float | None


class AccessibilityResponse(Response):
    audio_disability: bool | None
    mental_disability: bool | None
    motor_disability: bool | None
    visual_disability: bool | None


class AddressResponse(Response):
    label: str | None
    street: str | None
    postal_code: str
    city: str
    coordinates: Coordinates
    timezone: str


class ArtistResponse(Response):
    id: str | None
    name: str
    image: str | None
    role: ArtistRole | None


class ChronicleAuthor(Response):
    first_name: str | None
    age: int | None
    city: str | None


class ChroniclePreview(Response):
    id: int
    author: ChronicleAuthor | None
    club_type: ClubType
    content_preview: str
    date_created: UtcDatetime


class GtlLabels(Response):
    label: str
    level_01_label: str | None = Field(alias="level01Label")
    level_02_label: str | None = Field(alias="level02Label")
    level_03_label: str | None = Field(alias="level03Label")
    level_04_label: str | None = Field(alias="level04Label")


class ExtraDataResponse(Response):
    allocine_id: int | None = None
    author: str | None = None
    book_format: str | None = None
    cast: list[str] | None = None
    certificate: str | None = None
    duration_minutes: int | None = None
    ean: str | None = None
    editeur: str | None = None
    genres: list[str] | None = None
    gtl_labels: GtlLabels | None = None
    music_sub_type: str | None = None
    music_type: str | None = None
    performer: str | None = None
    release_date: str | None = None
    show_sub_type: str | None = None
    show_type: str | None = None
    speaker: str | None = None
    stage_director: str | None = None
    visa: str | None = None


class ImageResponse(Response):
    url: str
    credit: str | None


class ReactionCount(Response):
    likes: int


class ActivationCodeResponse(Response):
    expiration_date: UtcDatetime | None


class StockResponse(Response):
    """A stock; `price` in cents, `remainingQuantity` null when unlimited."""

    id: int
    activation_code: ActivationCodeResponse | None
    beginning_datetime: UtcDatetime | None
    booking_limit_datetime: UtcDatetime | None
    cancellation_limit_datetime: UtcDatetime | None
    features: list[str]
    is_bookable: bool
    is_expired: bool
    is_forbidden_to_underage: bool
    is_sold_out: bool
    price: int
    price_category_label: str | None
    remaining_quantity: int | None


class OffererResponse(Response):
    name: str


class OfferVenueResponse(Response):
    id: int
    name: str
    public_name: str
    address: str | None
    banner_url: str | None
    city: str | None
    coordinates: Coordinates
    is_open_to_public: bool
    is_permanent: bool
    offerer: OffererResponse
    postal_code: str | None
    timezone: str


class VideoResponse(Response):
    id: str
    title: str | None
    thumb_url: str | None
    duration_seconds: int | None


class NamedArtistResponse(Response):
    id: str
    name: str
    image: str | None
    role: ArtistRole | None


class OfferResponse(Response):
    """An offer of the public's page. `publicationDate` is an old name of `bookingAllowedDatetime`."""

    id: int
    name: str
    description: str | None
    subcategory_id: SubcategoryName
    accessibility: AccessibilityResponse
    address: AddressResponse | None
    artists: list[ArtistResponse]
    booking_allowed_datetime: UtcDatetime | None
    chronicles: list[ChroniclePreview]
    chronicles_count: int | None
    expense_domains: list[ExpenseDomain]
    external_ticket_office_url: str | None
    extra_data: ExtraDataResponse | None
    images: dict[str, ImageResponse] | None
    is_digital: bool
    is_duo: bool
    is_educational: bool
    is_event: bool
    is_expired: bool
    is_external_bookings_disabled: bool
    is_forbidden_to_underage: bool
    is_headline: bool
    is_released: bool
    is_sold_out: bool
    last_30_days_bookings: int | None = Field(alias="last30DaysBookings")
    metadata: dict[str, Any]
    opening_hours: dict[str, list[list[str]] | None] | None
    publication_date: UtcDatetime | None
    reactions_count: ReactionCount
    stocks: list[StockResponse]
    venue: OfferVenueResponse
    video: VideoResponse | None
    withdrawal_details: str | None


class OfferResponseV2(OfferResponse):
    """The page under its former address, whose readers know artists by their id alone."""

    artists: list[NamedArtistResponse]  # type: ignore[assignment]


def image_answer(image: Image, storage: Storage) -> ImageResponse:
    return ImageResponse(url=storage.public_url(image.key), credit=image.credit)


def images_answer(offer: PublicOffer, storage: Storage) -> dict[str, ImageResponse] | None:
    """The images of an offer by kind; None when it has none."""
    return {kind: image_answer(image, storage) for kind, image in offer.images.items()} or None


def coordinates_answer(place: Place | None) -> Coordinates:
    return Coordinates(
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
    )


def address_answer(place: Place | None) -> AddressResponse | None:
    if place is None:
        return None
    return AddressResponse(
        label=place.label,
        street=place.street,
        postal_code=place.postal_code,
        city=place.city,
        coordinates=coordinates_answer(place),
        timezone=place.timezone,
    )


def stock_answer(offer: PublicOffer, stock: PublicStock, now: datetime) -> StockResponse:
    expiration = ActivationCodeResponse(expiration_date=stock.activation_code_expiration)
    return StockResponse(
        id=stock.id,
        activation_code=expiration if stock.has_activation_code else None,
        beginning_datetime=stock.beginning_datetime,
        booking_limit_datetime=stock.booking_limit_datetime,
        cancellation_limit_datetime=rules.cancellation_limit(stock.beginning_datetime, now),
        features=stock.features,
        is_bookable=offer.is_released(now) and stock_rules.is_bookable(stock, now),
        is_expired=stock_rules.is_expired(stock, now),
        is_forbidden_to_underage=offer.subcategory.is_forbidden_to_underage(stock.price_cents),
        is_sold_out=stock_rules.is_sold_out(stock, now),
        price=stock.price_cents,
        price_category_label=stock.price_category_label,
        remaining_quantity=stock_rules.remaining(stock),
    )


def venue_answer(venue: PublicVenue) -> OfferVenueResponse:
    place = venue.place
    return OfferVenueResponse(
        id=venue.id,
        name=venue.common_name,
        public_name=venue.common_name,
        address=place.street if place else None,
        banner_url=venue.banner_url,
        city=place.city if place else None,
        coordinates=coordinates_answer(place),
        is_open_to_public=venue.is_open_to_public,
        is_permanent=venue.is_permanent,
        offerer=OffererResponse(name=venue.offerer_name),
        postal_code=place.postal_code if place else None,
        timezone=place.timezone if place else METROPOLITAN_TIMEZONE,
    )


def offer_answer(offer: PublicOffer, storage: Storage, now: datetime) -> OfferResponse:
    """The page of an offer."""
    subcategory = offer.subcategory
    extra_data = rules.shown_extra_data(offer)
    main_image = storage.public_url(offer.main_image.key) if offer.main_image else None
    hours = {Weekday(day): spans for day, spans in offer.opening_hours.items()}
    return OfferResponse(
        id=offer.id,
        name=offer.name,
        description=offer.description,
        subcategory_id=offer.subcategory_id,
        accessibility=AccessibilityResponse(
            audio_disability=offer.audio_disability_compliant,
            mental_disability=offer.mental_disability_compliant,
            motor_disability=offer.motor_disability_compliant,
            visual_disability=offer.visual_disability_compliant,
        ),
        address=address_answer(offer.address),
        artists=[ArtistResponse(id=a.id, name=a.name, image=None, role=a.role) for a in offer.artists],
        booking_allowed_datetime=offer.booking_allowed_datetime,
        chronicles=[],
        chronicles_count=0,
        expense_domains=rules.expense_domains(subcategory, offer.url),
        external_ticket_office_url=offer.external_ticket_office_url,
        extra_data=ExtraDataResponse(**extra_data) if extra_data else None,
        images=images_answer(offer, storage),
        is_digital=offer.is_digital,
        is_duo=offer.is_duo,
        is_educational=False,
        is_event=subcategory.is_event,
        is_expired=offer.is_expired(now),
        is_external_bookings_disabled=False,
        is_forbidden_to_underage=offer.is_forbidden_to_underage(now),
        is_headline=offer.is_headline_now(now),
        is_released=offer.is_released(now),
        is_sold_out=offer.is_sold_out(now),
        last_30_days_bookings=offer.last_30_days_bookings,
        metadata=metadata(offer, main_image, now),
        opening_hours=opening_hours_by_day(hours) if hours else None,
        publication_date=offer.booking_allowed_datetime,
        reactions_count=ReactionCount(likes=offer.likes),
        stocks=[stock_answer(offer, stock, now) for stock in offer.stocks],
        venue=venue_answer(offer.venue),
        video=VideoResponse.model_validate(offer.video) if offer.video else None,
        withdrawal_details=offer.withdrawal_details,
    )


def offer_answer_v2(offer: PublicOffer, storage: Storage, now: datetime) -> OfferResponseV2:
    """The page of an offer for the readers of its former address."""
    answer = offer_answer(offer, storage, now)
    named = [artist for artist in answer.artists if artist.id is not None]
    return OfferResponseV2.model_validate(answer.model_copy(update={"artists": named}).model_dump())
