"""Calendars of screenings, as the app reads them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, TypeAlias

from fastapi import Query

from offers.catalog import rules as catalog_rules
from offers.catalog.queries import offers_by_id
from offers.movies import queries, rules
from offers.movies.queries import Showing
from offers.movies.rules import Bookability, Screening, Viewer
from offers.replicas.native_user import ActiveNativeUser
from offers.search.geometry import distance
from shared.clock import now
from shared.errors import field_error, not_found
from shared.geography import METROPOLITAN_TIMEZONE
from shared.web import Identifier, Response, Session, StorageOf, UtcDatetime, native_router, operation
from shared.web.access import anyone, people

DEFAULT_RADIUS = 50_000.0
MAX_RADIUS = 20_100_000.0

router = native_router()

AllocineId: TypeAlias = Annotated[str | None, Query(alias="allocineId", max_length=40, pattern=r"^\d+$")]
Visa: TypeAlias = Annotated[str | None, Query(max_length=40, pattern=r"^[A-Za-z0-9 .-]+$")]
Latitude: TypeAlias = Annotated[float, Query(ge=-90, le=90)]
Longitude: TypeAlias = Annotated[float, Query(ge=-180, le=180)]
Radius: TypeAlias = Annotated[float, Query(alias="aroundRadius", ge=0, le=MAX_RADIUS)]
From: TypeAlias = Annotated[UtcDatetime | None, Query(alias="from")]
To: TypeAlias = Annotated[UtcDatetime | None, Query(alias="to")]


class ScreeningResponse(Response):
    """A showing; `price` in cents."""

    stock_id: int
    beginning_datetime: UtcDatetime
    bookability: Bookability
    features: list[str]
    price: int


class VenueScreenings(Response):
    """A film in a venue on a day; `distance` in metres."""

    venue_id: int
    label: str
    address: str
    distance: float
    thumb_url: str | None
    day_screenings: list[ScreeningResponse]
    next_screening: ScreeningResponse | None


class DayVenueScreenings(Response):
    date: date
    screenings: list[VenueScreenings]


class MovieCalendarResponse(Response):
    calendar: list[DayVenueScreenings]


class MovieScreenings(Response):
    """A film of a venue on a day; `duration` in minutes."""

    offer_id: int
    movie_name: str
    duration: int | None
    genres: list[str]
    last_30_days_bookings: int
    thumb_url: str | None
    day_screenings: list[ScreeningResponse]
    next_screening: ScreeningResponse | None


class DayMovieScreenings(Response):
    date: date
    screenings: list[MovieScreenings]


class VenueMovieCalendarResponse(Response):
    calendar: list[DayMovieScreenings]


@dataclass(frozen=True, slots=True)
class Period:
    """What a calendar covers: two moments, and the days between them."""

    first: datetime
    last: datetime
    days: list[date]


def _period(first: datetime | None, last: datetime | None, moment: datetime) -> Period:
    first = first or moment
    if last is None:
        # To the end of the day, a fortnight from today.
        last = (moment + rules.DEFAULT_DAYS).replace(hour=23, minute=59, second=59, microsecond=0)
    if last < first:
        raise field_error("to", "La fin de la période doit suivre son début.")
    if last - first > timedelta(days=rules.MAX_DAYS):
        raise field_error("to", f"La période ne peut dépasser {rules.MAX_DAYS} jours.")
    zone = METROPOLITAN_TIMEZONE
    return Period(first, last, rules.days(rules.local_day(first, zone), rules.local_day(last, zone)))


def _screening(screening: Screening, viewer: Viewer | None) -> ScreeningResponse:
    return ScreeningResponse(
        stock_id=screening.stock_id,
        beginning_datetime=screening.beginning,
        bookability=rules.bookability(screening, viewer),
        features=screening.features,
        price=screening.price_cents,
    )


def _optional(screening: Screening | None, viewer: Viewer | None) -> ScreeningResponse | None:
    return _screening(screening, viewer) if screening else None


async def _film(
    session: Session,
    film: tuple[str | None, str | None],
    point: tuple[float, float],
    radius: float,
    period: tuple[datetime | None, datetime | None],
    viewer: Viewer | None,
) -> MovieCalendarResponse:
    allocine_id, visa = film
    if (allocine_id is None) == (visa is None):
        raise field_error("__root__", "Il faut soit un numéro Allociné, soit un visa d’exploitation.")
    moment = now()
    covered = _period(*period, moment)
    product_id = await queries.product_of_film(session, allocine_id=allocine_id, visa=visa)
    if product_id is None:
        raise not_found()
    by_venue: dict[int, list[Showing]] = defaultdict(list)
    distances: dict[int, float] = {}
    for showing in await queries.showings_of_film(session, product_id, covered.first, covered.last, moment):
        if showing.latitude is None or showing.longitude is None:
            continue
        away = distance(*point, showing.latitude, showing.longitude)
        if away <= radius:
            by_venue[showing.venue_id].append(showing)
            distances[showing.venue_id] = min(away, distances.get(showing.venue_id, away))
    groups = [(key, found[0].timezone, [s.screening for s in found]) for key, found in by_venue.items()]
    return MovieCalendarResponse(
        calendar=[
            DayVenueScreenings(
                date=day,
                screenings=[
                    VenueScreenings(
                        venue_id=line.key,
                        label=by_venue[line.key][0].label,
                        address=by_venue[line.key][0].address,
                        distance=round(distances[line.key]),
                        thumb_url=by_venue[line.key][0].banner_url,
                        day_screenings=[_screening(s, viewer) for s in line.screenings],
                        next_screening=_optional(line.nearest, viewer),
                    )
                    for line in rules.lines_of_day(day, groups, distances.__getitem__)
                ],
            )
            for day in covered.days
        ]
    )


async def _venue(
    session: Session,
    storage: StorageOf,
    venue_id: int,
    period: tuple[datetime | None, datetime | None],
    viewer: Viewer | None,
) -> VenueMovieCalendarResponse:
    moment = now()
    covered = _period(*period, moment)
    by_offer: dict[int, list[Showing]] = defaultdict(list)
    for showing in await queries.showings_of_venue(session, venue_id, covered.first, covered.last, moment):
        by_offer[showing.screening.offer_id].append(showing)
    offers = await offers_by_id(session, list(by_offer), moment)
    groups = [(key, by_offer[key][0].timezone, [s.screening for s in by_offer[key]]) for key in offers]

    def answer(line: rules.Line[int]) -> MovieScreenings:
        offer = offers[line.key]
        return MovieScreenings(
            offer_id=offer.id,
            movie_name=offer.name,
            duration=offer.duration_minutes,
            genres=catalog_rules.shown_extra_data(offer).get("genres", []),
            last_30_days_bookings=offer.last_30_days_bookings,
            thumb_url=storage.public_url(offer.main_image.key) if offer.main_image else None,
            day_screenings=[_screening(s, viewer) for s in line.screenings],
            next_screening=_optional(line.nearest, viewer),
        )

    def rank(offer_id: int) -> float:
        return -offers[offer_id].last_30_days_bookings

    return VenueMovieCalendarResponse(
        calendar=[
            DayMovieScreenings(date=day, screenings=[answer(line) for line in rules.lines_of_day(day, groups, rank)])
            for day in covered.days
        ]
    )


@router.get(
    "/native/v1/movie/calendar", operation_id="getNativeV1MovieCalendar", openapi_extra=operation(access=anyone())
)
async def get_movie_calendar(
    session: Session,
    latitude: Latitude,
    longitude: Longitude,
    allocine_id: AllocineId = None,
    visa: Visa = None,
    around_radius: Radius = DEFAULT_RADIUS,
    first: From = None,
    last: To = None,
) -> MovieCalendarResponse:
    """Where a film is shown around a point (`aroundRadius` in metres), day by day. 404 for an unknown film."""
    return await _film(session, (allocine_id, visa), (latitude, longitude), around_radius, (first, last), None)


@router.get(
    "/native/v1/movie/calendar/me", operation_id="getNativeV1MovieCalendarMe", openapi_extra=operation(access=people())
)
async def get_my_movie_calendar(
    user: ActiveNativeUser,
    session: Session,
    latitude: Latitude,
    longitude: Longitude,
    allocine_id: AllocineId = None,
    visa: Visa = None,
    around_radius: Radius = DEFAULT_RADIUS,
    first: From = None,
    last: To = None,
) -> MovieCalendarResponse:
    """The same, with what the person may book."""
    viewer = await queries.viewer(session, user.id)
    return await _film(session, (allocine_id, visa), (latitude, longitude), around_radius, (first, last), viewer)


@router.get(
    "/native/v1/venue/{venue_id}/movie/calendar",
    operation_id="getNativeV1VenuevenueIdMovieCalendar",
    openapi_extra=operation(access=anyone()),
)
async def get_venue_movie_calendar(
    venue_id: Identifier, session: Session, storage: StorageOf, first: From = None, last: To = None
) -> VenueMovieCalendarResponse:
    """The films of a venue, day by day; days without any are there too."""
    return await _venue(session, storage, venue_id, (first, last), None)


@router.get(
    "/native/v1/venue/{venue_id}/movie/calendar/me",
    operation_id="getNativeV1VenuevenueIdMovieCalendarMe",
    openapi_extra=operation(access=people()),
)
async def get_my_venue_movie_calendar(
    venue_id: Identifier,
    user: ActiveNativeUser,
    session: Session,
    storage: StorageOf,
    first: From = None,
    last: To = None,
) -> VenueMovieCalendarResponse:
    """The same, with what the person may book."""
    return await _venue(session, storage, venue_id, (first, last), await queries.viewer(session, user.id))
