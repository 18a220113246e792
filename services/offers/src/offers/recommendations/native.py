"""Recommendations, as the app asks for them.

There is no model behind them: offers of the same kind, the best of the index first, near the person when they say where
they are. What the answers say of themselves (`params`) is true of that.
"""

from __future__ import annotations

from random import shuffle
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from offers.catalog.queries import subcategory_of
from offers.reactions.queries import booked_offers
from offers.recommendations.rules import playlist_subcategories, similar_subcategories
from offers.replicas.native_user import ActiveNativeUser
from offers.search.criteria import Around, Criteria, Sort
from offers.search.queries import find_any
from shared.clock import now
from shared.money import to_cents
from shared.web import Identifier, NativeRequest, Response, Session, UtcDatetime, native_router, operation
from shared.web.access import anyone, people

SIMILAR = 20
PLAYLIST = 40
NEARBY_METERS = 50_000.0
MAX_NAMES = 100
MAX_EUROS = 100_000

router = native_router()

Names = Annotated[list[str], Query(max_length=MAX_NAMES)]
Latitude = Annotated[float | None, Query(ge=-90, le=90)]
Longitude = Annotated[float | None, Query(ge=-180, le=180)]
BodyNames = Annotated[list[str], Field(max_length=MAX_NAMES)]


class RecommendationParams(Response):
    ab_test: str | None = None
    call_id: str | None = None
    filtered: bool | None = None
    geo_located: bool | None = None
    model_endpoint: str | None = None
    model_name: str | None = None
    model_origin: str | None = None
    model_version: str | None = None
    reco_origin: str | None = None


class SimilarOffersResponse(Response):
    results: list[str]
    params: RecommendationParams


class PlaylistRequest(NativeRequest):
    """Prices in euros, as the app's playlists have them."""

    categories: BodyNames | None = None
    subcategories: BodyNames | None = None
    start_date: UtcDatetime | None = None
    end_date: UtcDatetime | None = None
    is_duo: bool | None = None
    is_event: bool | None = None
    is_reco_shuffled: bool | None = None
    offer_type_list: list[dict[str, str]] | None = None
    price_min: Annotated[float, Field(ge=0, le=MAX_EUROS)] | None = None
    price_max: Annotated[float, Field(ge=0, le=MAX_EUROS)] | None = None


class PlaylistResponse(Response):
    playlist_recommended_offers: list[str]
    params: RecommendationParams


def _near(latitude: float | None, longitude: float | None) -> Around | None:
    return Around(latitude, longitude, NEARBY_METERS) if latitude is not None and longitude is not None else None


def _params(around: Around | None, *, filtered: bool) -> RecommendationParams:
    return RecommendationParams(filtered=filtered, geo_located=around is not None, model_origin="category")


@router.get(
    "/native/v1/recommendation/similar_offers/{offer_id}",
    operation_id="getNativeV1RecommendationSimilarOffersofferId",
    openapi_extra=operation(access=anyone()),
)
async def get_similar_offers(
    offer_id: Identifier,
    session: Session,
    longitude: Longitude = None,
    latitude: Latitude = None,
    categories: Names = [],  # noqa: B006 - FastAPI copies defaults
    subcategories: Names = [],  # noqa: B006
    search_group_names: Names = [],  # noqa: B006
    retrieval_model: Annotated[Any, Query(alias="retrievalModel")] = None,
) -> SimilarOffersResponse:
    """Ids of offers of the same kind (or of the kinds asked for, comma-separated or repeated); none for an unknown offer."""
    names = [part for name in (*categories, *subcategories, *search_group_names) for part in name.split(",") if part]
    around = _near(latitude, longitude)
    looked_at = similar_subcategories(await subcategory_of(session, offer_id), names)
    criteria = Criteria(
        subcategories=looked_at,
        around=around,
        sort=Sort.DISTANCE if around else Sort.RELEVANCE,
        hits_per_page=SIMILAR + 1,
    )
    matches = await find_any(session, criteria, now()) if looked_at else []
    found = [str(match.offer_id) for match in matches if match.offer_id != offer_id]
    return SimilarOffersResponse(results=found[:SIMILAR], params=_params(around, filtered=bool(names)))


@router.post(
    "/native/v1/recommendation/playlist",
    operation_id="postNativeV1RecommendationPlaylist",
    openapi_extra=operation(access=people()),
)
async def get_playlist(
    body: PlaylistRequest,
    user: ActiveNativeUser,
    session: Session,
    model_endpoint: Annotated[str | None, Query(alias="modelEndpoint", max_length=100)] = None,
    longitude: Longitude = None,
    latitude: Latitude = None,
) -> PlaylistResponse:
    """Ids of offers for a playlist, without those that the person has booked."""
    around = _near(latitude, longitude)
    criteria = Criteria(
        subcategories=playlist_subcategories(body.subcategories or [], body.categories or [], body.is_event),
        min_price=to_cents(body.price_min) if body.price_min is not None else None,
        max_price=to_cents(body.price_max) if body.price_max is not None else None,
        beginning_from=body.start_date,
        beginning_to=body.end_date,
        # Not everybody shares a seat: without the wish for one, solo offers are welcome too.
        is_duo=body.is_duo or None,
        around=around,
        hits_per_page=2 * PLAYLIST,
    )
    moment = now()
    booked = await booked_offers(session, user.id)
    matches = await find_any(session, criteria, moment)
    found = [str(match.offer_id) for match in matches if match.offer_id not in booked][:PLAYLIST]
    if body.is_reco_shuffled:
        shuffle(found)
    is_filtered = bool(body.model_fields_set - {"is_reco_shuffled"})
    return PlaylistResponse(playlist_recommended_offers=found, params=_params(around, filtered=is_filtered))
