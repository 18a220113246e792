"""The pages of offers, as the app reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi import Response as Answer
from pydantic import Field

from offers.catalog import queries
from offers.catalog.answers import (
    ChronicleAuthor,
    ClubType,
    OfferResponse,
    OfferResponseV2,
    offer_answer,
    offer_answer_v2,
)
from offers.catalog.values import PublicOffer
from shared.clock import now
from shared.errors import not_found
from shared.web import (
    BodyIdentifier,
    DatabaseOf,
    Identifier,
    NativeRequest,
    Response,
    Session,
    StorageOf,
    UtcDatetime,
    native_router,
    operation,
    written,
)
from shared.web.access import anyone

MAX_OFFERS = 1_000
MAX_ADVICES = 100

router = native_router()


class OffersStocksRequest(NativeRequest):
    offer_ids: list[BodyIdentifier] = Field(alias="offer_ids", max_length=MAX_OFFERS)


class OffersStocksResponse(Response):
    offers: list[OfferResponse]


class ChronicleResponse(Response):
    id: int
    author: ChronicleAuthor | None
    club_type: ClubType
    content: str
    date_created: UtcDatetime


class OfferChroniclesResponse(Response):
    chronicles: list[ChronicleResponse]


class OfferProAdvice(Response):
    author: str | None
    content: str
    distance: float | None
    publication_datetime: UtcDatetime
    venue_id: int
    venue_name: str
    venue_thumb_url: str | None


class OfferProAdvicesResponse(Response):
    nb_results: int
    pro_advices: list[OfferProAdvice]


async def _approved(database: DatabaseOf, offer_id: int, moment: datetime) -> PublicOffer:
    offer = await queries.read_offer(database, offer_id, moment)
    if offer is None:
        raise not_found()
    return offer


@router.get(
    "/native/v1/offer/{offer_id}",
    operation_id="getNativeV1OfferofferId",
    response_model=OfferResponse,
    deprecated=True,
    openapi_extra=operation(access=anyone()),
)
async def get_offer_v1(offer_id: Identifier, database: DatabaseOf, storage: StorageOf) -> Answer:
    """The same page under its oldest address."""
    moment = now()
    return written(offer_answer(await _approved(database, offer_id, moment), storage, moment))


@router.get(
    "/native/v2/offer/{offer_id}",
    operation_id="getNativeV2OfferofferId",
    response_model=OfferResponseV2,
    deprecated=True,
    openapi_extra=operation(access=anyone()),
)
async def get_offer_v2(offer_id: Identifier, database: DatabaseOf, storage: StorageOf) -> Answer:
    """The same page under its former address."""
    moment = now()
    return written(offer_answer_v2(await _approved(database, offer_id, moment), storage, moment))


@router.get(
    "/native/v3/offer/{offer_id}",
    operation_id="getNativeV3OfferofferId",
    response_model=OfferResponse,
    openapi_extra=operation(access=anyone()),
)
async def get_offer(offer_id: Identifier, database: DatabaseOf, storage: StorageOf) -> Answer:
    """An approved offer, published or not (`isReleased` tells); 404 for any other."""
    moment = now()
    return written(offer_answer(await _approved(database, offer_id, moment), storage, moment))


@router.post(
    "/native/v2/offers/stocks",
    operation_id="postNativeV2OffersStocks",
    response_model=OffersStocksResponse,
    openapi_extra=operation(access=anyone()),
)
async def get_offers_and_stocks(body: OffersStocksRequest, session: Session, storage: StorageOf) -> Answer:
    """Those of the offers that are approved, in the order asked for."""
    moment = now()
    found = await queries.offers_by_id(session, body.offer_ids, moment)
    wanted = [found[offer_id] for offer_id in dict.fromkeys(body.offer_ids) if offer_id in found]
    return written(OffersStocksResponse(offers=[offer_answer(offer, storage, moment) for offer in wanted]))


@router.get(
    "/native/v1/offer/{offer_id}/chronicles",
    operation_id="getNativeV1OfferofferIdChronicles",
    openapi_extra=operation(access=anyone()),
)
async def get_offer_chronicles(offer_id: Identifier, session: Session) -> OfferChroniclesResponse:
    """What club members wrote of the offer. No club writes to this platform yet, so there is never any."""
    if not await queries.is_approved(session, offer_id):
        raise not_found()
    return OfferChroniclesResponse(chronicles=[])


@router.get(
    "/native/v1/offer/{offer_id}/advices",
    operation_id="getNativeV1OfferofferIdAdvices",
    openapi_extra=operation(access=anyone()),
)
async def get_offer_advices(
    offer_id: Identifier,
    session: Session,
    max_content_length: Annotated[int, Query(alias="maxContentLength", ge=0, le=100_000)] = 255,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    results_per_page: Annotated[int, Query(alias="resultsPerPage", ge=1, le=MAX_ADVICES)] = 20,
    latitude: Annotated[float | None, Query(ge=-90, le=90)] = None,
    longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
) -> OfferProAdvicesResponse:
    """What partners wrote of the offer. Partners cannot write advices yet, so there is never any."""
    if not await queries.is_approved(session, offer_id):
        raise not_found()
    return OfferProAdvicesResponse(nb_results=0, pro_advices=[])
