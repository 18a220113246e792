"""The pages of venues, as the app reads them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic.json_schema import SkipJsonSchema

from offers.catalog import queries as catalog
from offers.categories.names import one_of
from offers.venues import public_queries as queries
from offers.venues.public_queries import PublicVenuePage
from offers.venues.rules import opening_hours_by_day
from shared.clock import now
from shared.errors import not_found
from shared.web import Identifier, Response, Session, StorageOf, UtcDatetime, native_router, operation
from shared.web.access import anyone

# The activities that the app has a name and a picture for; of others it is told nothing.
SHOWN_ACTIVITIES = (
    "ART_GALLERY",
    "ARTS_CENTRE",
    "BOOKSTORE",
    "CINEMA",
    "COMMUNITY_CENTRE",
    "CREATIVE_ARTS_STORE",
    "CULTURAL_CENTRE",
    "DISTRIBUTION_STORE",
    "FESTIVAL",
    "HERITAGE_SITE",
    "LIBRARY",
    "MUSEUM",
    "MUSIC_INSTRUMENT_STORE",
    "OTHER",
    "PERFORMANCE_HALL",
    "RECORD_STORE",
    "TOURIST_INFORMATION_CENTRE",
)

router = native_router()


class AudioDisability(Response):
    deaf_and_hard_of_hearing: list[str]


class MentalDisability(Response):
    trained_personnel: str


class MotorDisability(Response):
    entrance: str
    exterior: str
    facilities: str
    parking: str


class VisualDisability(Response):
    audio_description: list[str]
    sound_beacon: str


class AccessibilityData(Response):
    """What the venue says of itself; the detail by disability is filled in by the accessibility register alone."""

    is_accessible_audio_disability: bool | None
    is_accessible_mental_disability: bool | None
    is_accessible_motor_disability: bool | None
    is_accessible_visual_disability: bool | None
    audio_disability: AudioDisability | None = None
    mental_disability: MentalDisability | None = None
    motor_disability: MotorDisability | None = None
    visual_disability: VisualDisability | None = None


class VenueContactResponse(Response):
    email: str | None
    phone_number: str | None
    website: str | None
    social_medias: dict[str, str] | None


class CulturalDomain(Response):
    id: int
    name: str


class VenueResponse(Response):
    id: int
    name: str
    accessibility_data: AccessibilityData
    activity: Annotated[str, one_of(SHOWN_ACTIVITIES)] | None
    banner_credit: str | None
    banner_is_from_google: bool
    banner_url: str | None
    city: str | None
    contact: VenueContactResponse | None
    cultural_domains: list[CulturalDomain] | None
    description: str | None
    external_accessibility_data: AccessibilityData | None
    external_accessibility_id: str | None
    external_accessibility_url: str | None
    is_open_to_public: bool
    is_permanent: bool
    latitude: float | None
    longitude: float | None
    opening_hours: dict[str, list[list[str]] | None] | None
    postal_code: str | None
    street: str | None
    timezone: str
    volunteering_url: str | None
    withdrawal_details: str | None


class VenueProAdvice(Response):
    author: str | None
    content: str
    offer_category_label: str
    offer_id: int
    offer_name: str
    offer_thumb_url: str | None
    publication_datetime: UtcDatetime


class VenueProAdvicesResponse(Response):
    nb_results: int
    pro_advices: list[VenueProAdvice]


class HeadlineImage(Response):
    """`credit` is left out when there is none."""

    url: str
    credit: str | SkipJsonSchema[None] = None


class HeadlineOfferResponse(Response):
    id: int
    name: str
    image: HeadlineImage | SkipJsonSchema[None] = None


def _answer(venue: PublicVenuePage) -> VenueResponse:
    return VenueResponse(
        id=venue.id,
        name=venue.common_name,
        accessibility_data=AccessibilityData(
            is_accessible_audio_disability=venue.audio_disability_compliant,
            is_accessible_mental_disability=venue.mental_disability_compliant,
            is_accessible_motor_disability=venue.motor_disability_compliant,
            is_accessible_visual_disability=venue.visual_disability_compliant,
        ),
        activity=venue.activity if venue.activity in SHOWN_ACTIVITIES else None,
        banner_credit=venue.banner_credit,
        banner_is_from_google=False,
        banner_url=venue.banner_url,
        city=venue.city,
        contact=VenueContactResponse.model_validate(venue.contact) if venue.contact else None,
        cultural_domains=[],
        description=venue.description,
        external_accessibility_data=None,
        external_accessibility_id=None,
        external_accessibility_url=None,
        is_open_to_public=venue.is_open_to_public,
        is_permanent=venue.is_permanent,
        latitude=venue.latitude,
        longitude=venue.longitude,
        opening_hours=opening_hours_by_day(venue.opening_hours) if venue.opening_hours else None,
        postal_code=venue.postal_code,
        street=venue.street,
        timezone=venue.timezone,
        volunteering_url=None,
        withdrawal_details=venue.withdrawal_details,
    )


async def _venue(session: Session, venue_id: int) -> VenueResponse:
    venue = await queries.public_venue(session, venue_id)
    if venue is None:
        raise not_found()
    return _answer(venue)


@router.get(
    "/native/v1/venue/{venue_id}",
    operation_id="getNativeV1VenuevenueId",
    deprecated=True,
    openapi_extra=operation(access=anyone()),
)
async def get_venue_v1(venue_id: Identifier, session: Session) -> VenueResponse:
    """The same page under its former address."""
    return await _venue(session, venue_id)


@router.get(
    "/native/v2/venue/{venue_id}", operation_id="getNativeV2VenuevenueId", openapi_extra=operation(access=anyone())
)
async def get_venue(venue_id: Identifier, session: Session) -> VenueResponse:
    """A permanent venue of an active offerer that was not closed; 404 for any other."""
    return await _venue(session, venue_id)


@router.get(
    "/native/v1/venue/{venue_id}/advices",
    operation_id="getNativeV1VenuevenueIdAdvices",
    openapi_extra=operation(access=anyone()),
)
async def get_venue_advices(
    venue_id: Identifier,
    session: Session,
    max_content_length: Annotated[int, Query(alias="maxContentLength", ge=0, le=100_000)] = 255,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    results_per_page: Annotated[int, Query(alias="resultsPerPage", ge=1, le=100)] = 20,
) -> VenueProAdvicesResponse:
    """What the venue wrote of offers. Partners cannot write advices yet, so there is never any."""
    if await queries.public_venue(session, venue_id) is None:
        raise not_found()
    return VenueProAdvicesResponse(nb_results=0, pro_advices=[])


@router.get(
    "/native/v1/offerer/{offerer_id}/headline-offer",
    operation_id="getNativeV1OffereroffererIdHeadlineOffer",
    response_model_exclude_none=True,
    openapi_extra=operation(access=anyone()),
)
async def get_headline_offer(offerer_id: Identifier, session: Session, storage: StorageOf) -> HeadlineOfferResponse:
    """The offer that an offerer puts forward, while it is active and has an image; else 404."""
    moment = now()
    offer_id = await queries.headline_offer_id(session, offerer_id, moment)
    offer = await catalog.offer_by_id(session, offer_id, moment) if offer_id is not None else None
    if offer is None or not offer.is_headline_now(moment):
        raise not_found()
    image = offer.main_image
    shown = HeadlineImage(url=storage.public_url(image.key), credit=image.credit) if image else None
    return HeadlineOfferResponse(id=offer.id, name=offer.name, image=shown)
