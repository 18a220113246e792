"""The smaller calls of the portal's pages about offers: hours, videos, highlights, artists."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import StringConstraints

from offers.features import Flag, flags
from offers.offerers.access import check_access
from offers.offers.answers import offer_answer
from offers.offers.opening_hours import replace_opening_hours
from offers.offers.queries import active_offer_by_ean, offer_or_404, opening_hours_of
from offers.offers.rules import ean_searched
from offers.offers.schemas import SubcategoryId, Url, VideoData
from offers.offers.values import OfferStatus
from offers.offers.videos import thumbnail_url, video_id
from offers.replicas.pro_user import ActiveProUser
from offers.venues.queries import venue_or_404
from offers.venues.rules import opening_hours_by_day
from offers.venues.values import Weekday
from shared.clock import now
from shared.errors import ApiError, field_error, not_found
from shared.identity import ProUser
from shared.web import Identifier, ProRequest, Response, Session, UtcDatetime, operation, pro_router
from shared.web.access import PUBLIC, partners

router = pro_router()

ClockTime = Annotated[str, StringConstraints(pattern=r"^(([0-1][0-9])|(2[0-3])):[0-5][0-9]$")]
Spans = list[list[ClockTime]]


class WeekdayTimespans(ProRequest):
    MONDAY: Spans | None = None
    TUESDAY: Spans | None = None
    WEDNESDAY: Spans | None = None
    THURSDAY: Spans | None = None
    FRIDAY: Spans | None = None
    SATURDAY: Spans | None = None
    SUNDAY: Spans | None = None

    model_config = {"alias_generator": None}


class OfferOpeningHours(ProRequest):
    opening_hours: WeekdayTimespans


class ActiveEanOffer(Response):
    id: int
    name: str
    subcategory_id: SubcategoryId
    product_id: int | None = None
    status: OfferStatus
    is_active: bool
    date_created: UtcDatetime
    audio_disability_compliant: bool | None = None
    mental_disability_compliant: bool | None = None
    motor_disability_compliant: bool | None = None
    visual_disability_compliant: bool | None = None


class Highlight(Response):
    id: int
    name: str
    description: str
    availability_datespan: list[date]
    highlight_datespan: list[date]
    communication_date: date
    mediation_url: str


class ArtistFound(Response):
    id: str
    name: str
    thumb_url: str | None


@router.get(
    "/offers/{offer_id}/opening-hours",
    operation_id="GetOfferOpeningHours",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_opening_hours(offer_id: Identifier, user: ActiveProUser, session: Session) -> OfferOpeningHours:
    await offer_or_404(session, user, offer_id, missing=_missing())
    return await _hours(session, offer_id)


@router.patch(
    "/offers/{offer_id}/opening-hours",
    operation_id="UpsertOfferOpeningHours",
    openapi_extra=operation(access=partners(other=403)),
)
async def patch_opening_hours(
    offer_id: Identifier, body: OfferOpeningHours, user: ActiveProUser, session: Session
) -> OfferOpeningHours:
    offer = await offer_or_404(session, user, offer_id, lock=True, missing=_missing())
    given = {day: getattr(body.opening_hours, day.value) for day in Weekday}
    await replace_opening_hours(session, offer, given)
    return await _hours(session, offer_id)


def _missing() -> ApiError:
    return ApiError(404, {"offer": ["Cette offre n’existe pas."]})


async def _hours(session: Session, offer_id: int) -> OfferOpeningHours:
    stored = await opening_hours_of(session, offer_id)
    return OfferOpeningHours(opening_hours=WeekdayTimespans(**opening_hours_by_day(stored)))


@router.get(
    "/offers/{venue_id}/ean/{ean}",
    operation_id="GetActiveVenueOfferByEan",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_active_offer_by_ean(
    venue_id: Identifier, ean: Annotated[str, Path(max_length=100)], user: ActiveProUser, session: Session
) -> ActiveEanOffer:
    """The offer of a venue that is out under an EAN; 404 `global` for an unknown venue or without one, 403."""
    venue = await venue_or_404(session, venue_id)
    await check_access(session, user, venue.managing_offerer_id)
    moment = now()
    is_ean = ean_searched(ean) == ean
    offer = await active_offer_by_ean(session, venue.id, ean, moment) if is_ean else None
    if offer is None:
        raise not_found("global", "Aucune offre active de ce lieu n’a cet EAN.")
    return ActiveEanOffer.model_validate(offer_answer(offer, moment).model_dump(by_alias=False))


@router.get(
    "/get-offer-video-data",
    operation_id="GetOfferVideoMetadata",
    openapi_extra=operation(access=partners(other=PUBLIC, suspended=PUBLIC)),
)
async def get_video_data(user: ProUser, video_url: Annotated[Url, Query(alias="videoUrl")]) -> VideoData:
    # What YouTube says of the video (title, length) needs its API, which no adapter asks yet.
    identifier = video_id(str(video_url))
    if identifier is None:
        raise field_error("videoUrl", "Veuillez renseigner l’adresse d’une vidéo YouTube.")
    return VideoData.model_validate(
        {
            "videoExternalId": identifier,
            "videoThumbnailUrl": thumbnail_url(identifier),
            "videoUrl": str(video_url),
        }
    )


@router.get(
    "/highlights",
    operation_id="GetHighlights",
    openapi_extra=operation(access=partners(other=PUBLIC, suspended=PUBLIC)),
)
async def get_highlights(user: ProUser) -> list[Highlight]:
    # Highlights are made in the back office, which does not exist yet: there is none.
    return []


@router.get(
    "/artists", operation_id="GetArtists", openapi_extra=operation(access=partners(other=PUBLIC, suspended=PUBLIC))
)
async def get_artists(user: ProUser, search: Annotated[str, Query(max_length=200)]) -> list[ArtistFound]:
    if not flags.is_active(Flag.WIP_OFFER_ARTISTS):
        raise ApiError(503, {"global": "La recherche d’artistes est fermée en ce moment."})
    # There is no catalogue of artists yet: a partner writes the name.
    return []
