"""The search, as the app asks it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from fastapi import Response as Answer

from offers.catalog import rules as catalog_rules
from offers.catalog.answers import Coordinates, ImageResponse, SubcategoryName, coordinates_answer, image_answer
from offers.catalog.queries import offers_by_id
from offers.catalog.values import PublicOffer
from offers.categories.tables import SEARCH_GROUPS, SUBCATEGORIES
from offers.search.criteria import (
    MAX_HITS_PER_PAGE,
    MAX_REACH,
    Around,
    Criteria,
    Question,
    Sort,
    page_count,
    subcategories_asked,
)
from offers.search.queries import COUNTED, Found, Match, find
from offers.search.spelling import understand
from offers.search.words import query_words
from shared.clock import now
from shared.errors import field_error
from shared.storage import Storage
from shared.web import Identifier, Response, Session, StorageOf, UtcDatetime, native_router, operation, written
from shared.web.access import anyone

MAX_QUERY = 200
MAX_PRICE = 10_000_000
MAX_RADIUS = 20_100.0
"""Kilometres: half-way around the Earth."""
MAX_CHOICES = 100
MAX_DATES = 100

router = native_router()

Choices = Annotated[list[str], Query(max_length=MAX_CHOICES)]


class Facet(StrEnum):
    SEARCH_GROUPS = "searchGroups"


class HitVenue(Response):
    id: int
    name: str
    city: str | None


class Hit(Response):
    """An offer found. Prices in cents, `distance` in metres from the point asked about, dates that can be booked."""

    id: int
    name: str
    subcategory_id: SubcategoryName
    image: ImageResponse | None
    venue: HitVenue
    coordinates: Coordinates
    distance: int | None
    min_price: int | None
    max_price: int | None
    dates: list[UtcDatetime]
    is_duo: bool
    is_digital: bool
    booking_allowed_datetime: UtcDatetime | None


class FacetCount(Response):
    name: str
    label: str | None
    count: int


class SearchResponse(Response):
    """`nbHits` is exact while `exhaustiveNbHits` is true; beyond, there are at least so many. Pages count from 0."""

    hits: list[Hit]
    nb_hits: int
    exhaustive_nb_hits: bool
    page: int
    nb_pages: int
    hits_per_page: int
    facets: dict[str, list[FacetCount]] | None


def _around(latitude: float | None, longitude: float | None, radius: float | None, sort: Sort) -> Around | None:
    if (latitude is None) != (longitude is None):
        raise field_error("latitude" if latitude is None else "longitude", "Les deux coordonnées vont ensemble.")
    if latitude is None or longitude is None:
        if radius is not None or sort is Sort.DISTANCE:
            raise field_error("latitude", "Une position est nécessaire pour chercher ou trier par distance.")
        return None
    return Around(latitude, longitude, radius * 1_000 if radius is not None else None)


def _hit(offer: PublicOffer, match: Match, storage: Storage, moment: datetime) -> Hit:
    stocks = offer.bookable_stocks(moment)
    prices = [stock.price_cents for stock in stocks]
    dates = sorted({stock.beginning_datetime for stock in stocks if stock.beginning_datetime})
    return Hit(
        id=offer.id,
        name=offer.name,
        subcategory_id=offer.subcategory_id,
        image=image_answer(offer.main_image, storage) if offer.main_image else None,
        venue=HitVenue(
            id=offer.venue.id,
            name=catalog_rules.place_name(offer),
            city=offer.address.city if offer.address else None,
        ),
        coordinates=coordinates_answer(offer.address),
        distance=round(match.distance) if match.distance is not None else None,
        min_price=min(prices, default=None),
        max_price=max(prices, default=None),
        dates=dates[:MAX_DATES],
        is_duo=offer.is_duo,
        is_digital=offer.is_digital,
        booking_allowed_datetime=offer.booking_allowed_datetime,
    )


def _group_counts(counts: dict[str, int]) -> list[FacetCount]:
    """How many offers each group of the app has; a subcategory counts in each of its groups."""
    totals = dict.fromkeys(SEARCH_GROUPS, 0)
    for subcategory, hits in counts.items():
        for group in SUBCATEGORIES[subcategory].search_groups:
            totals[group] += hits
    found = [
        FacetCount(name=name, label=SEARCH_GROUPS[name].label, count=hits) for name, hits in totals.items() if hits
    ]
    return sorted(found, key=lambda facet: (-facet.count, facet.name))


async def _answer(session: Session, storage: Storage, criteria: Criteria, text: str) -> SearchResponse:
    moment = now()
    understood = await understand(session, query_words(text))
    question = Question(criteria, understood.query, understood.newest, moment, understood.expected)
    is_nothing = text.strip() != "" and question.query is None
    found = Found({}, []) if is_nothing else await find(session, question)
    offers = await offers_by_id(session, [match.offer_id for match in found.page], moment)
    return SearchResponse(
        hits=[_hit(offers[match.offer_id], match, storage, moment) for match in found.page if match.offer_id in offers],
        nb_hits=min(found.total, COUNTED),
        exhaustive_nb_hits=found.total <= COUNTED,
        page=criteria.page,
        nb_pages=page_count(found.total, criteria.hits_per_page),
        hits_per_page=criteria.hits_per_page,
        facets={Facet.SEARCH_GROUPS: _group_counts(found.by_subcategory)} if criteria.facets else None,
    )


@router.get(
    "/native/v1/search/offers",
    operation_id="getNativeV1SearchOffers",
    response_model=SearchResponse,
    openapi_extra=operation(rate_limit="120/minute", per="address", access=anyone()),
)
async def search_offers(
    session: Session,
    storage: StorageOf,
    q: Annotated[str, Query(max_length=MAX_QUERY)] = "",
    subcategories: Choices = [],  # noqa: B006 - FastAPI copies defaults
    categories: Choices = [],  # noqa: B006
    native_categories: Annotated[list[str], Query(alias="nativeCategories", max_length=MAX_CHOICES)] = [],  # noqa: B006
    search_groups: Annotated[list[str], Query(alias="searchGroups", max_length=MAX_CHOICES)] = [],  # noqa: B006
    min_price: Annotated[int | None, Query(alias="minPrice", ge=0, le=MAX_PRICE)] = None,
    max_price: Annotated[int | None, Query(alias="maxPrice", ge=0, le=MAX_PRICE)] = None,
    beginning_from: Annotated[UtcDatetime | None, Query(alias="beginningFrom")] = None,
    beginning_to: Annotated[UtcDatetime | None, Query(alias="beginningTo")] = None,
    latitude: Annotated[float | None, Query(ge=-90, le=90)] = None,
    longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
    radius: Annotated[float | None, Query(gt=0, le=MAX_RADIUS)] = None,
    is_free: Annotated[bool | None, Query(alias="isFree")] = None,
    is_duo: Annotated[bool | None, Query(alias="isDuo")] = None,
    is_digital: Annotated[bool | None, Query(alias="isDigital")] = None,
    venue_id: Annotated[Identifier | None, Query(alias="venueId")] = None,
    sort: Sort = Sort.RELEVANCE,
    page: Annotated[int, Query(ge=0, le=MAX_REACH)] = 0,
    hits_per_page: Annotated[int, Query(alias="hitsPerPage", ge=1, le=MAX_HITS_PER_PAGE)] = 20,
    facets: Annotated[list[Facet], Query(max_length=len(Facet))] = [],  # noqa: B006
) -> Answer:
    """Offers that can be booked now, or will be from their announced date.

    `q` is text in French, mistakes and missing accents forgiven. Choices repeat (`subcategories=A&subcategories=B`):
    any of one kind, all kinds together. Prices in cents, `radius` in kilometres around the point, dates with their zone
    (UTC without). Without a radius a point only tells distances. Sorted by date, only what has dates is shown. Pages
    count from 0, up to the thousandth hit.
    """
    criteria = Criteria(
        subcategories=subcategories_asked(subcategories, categories, native_categories, search_groups),
        min_price=min_price,
        max_price=0 if is_free else max_price,
        beginning_from=beginning_from,
        beginning_to=beginning_to,
        around=_around(latitude, longitude, radius, sort),
        is_duo=is_duo,
        is_digital=is_digital,
        venue_id=venue_id,
        sort=sort,
        page=page,
        hits_per_page=hits_per_page,
        facets=bool(facets),
    )
    return written(await _answer(session, storage, criteria, q))
