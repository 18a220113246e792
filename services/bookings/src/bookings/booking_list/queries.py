"""Reads behind the partner's pages. Each is one statement, however many bookings there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Row, Select, cast, exists, func, literal, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.models import Booking
from bookings.booking_list.rules import PAGE_SIZE, ExportFilter, Period, StatusFilter, certain_window, utc_window
from bookings.replicas.models import (
    AttachmentReplica,
    OffererReplica,
    OfferReplica,
    StockReplica,
    UserReplica,
    VenueReplica,
)
from shared.geography import METROPOLITAN_TIMEZONE


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: `is_admin` sees the bookings of everybody, a partner those of the offerers that accepted them."""

    user_id: int
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; what is None is not filtered on. `period` is about the date that `status` names."""

    offerer_id: int | None = None
    venue_id: int | None = None
    offer_id: int | None = None
    address_id: int | None = None
    event_date: date | None = None
    status: StatusFilter | None = None
    period: Period | None = None

    @property
    def is_about_one_thing(self) -> bool:
        """Whether one offer or one venue is asked about, which has an index of its own."""
        return self.offer_id is not None or self.venue_id is not None

    @property
    def needs_places(self) -> bool:
        """Whether it depends on what offers, venues and stocks say."""
        return self.address_id is not None or self.event_date is not None


_PART = 1_000
_ZONE = func.coalesce(OfferReplica.timezone, VenueReplica.timezone, METROPOLITAN_TIMEZONE)
_DATE_OF_STATUS = {
    StatusFilter.BOOKED: Booking.date_created,
    StatusFilter.VALIDATED: Booking.date_used,
    StatusFilter.REIMBURSED: Booking.reimbursement_date,
}


def is_visible_to(reader: Reader) -> ColumnElement[bool]:
    """The bookings that a partner may know of."""
    if reader.is_admin:
        return true()
    return Booking.offerer_id.in_(_offerers_of(reader))


def _offerers_of(reader: Reader) -> Select[int]:
    """The offerers that accepted a partner."""
    return select(AttachmentReplica.offerer_id).where(
        AttachmentReplica.user_id == reader.user_id, AttachmentReplica.validation_status == "VALIDATED"
    )


async def has_access_to_offerer(session: AsyncSession, reader: Reader, offerer_id: int) -> bool:
    """Whether the reader may act for the offerer."""
    if reader.is_admin:
        return True
    attached = exists().where(
        AttachmentReplica.user_id == reader.user_id,
        AttachmentReplica.offerer_id == offerer_id,
        AttachmentReplica.validation_status == "VALIDATED",
    )
    return bool(await session.scalar(select(attached)))


async def offerer_of_offer(session: AsyncSession, offer_id: int) -> int | None:
    """The offerer of an offer, None when there is no such offer."""
    return await session.scalar(select(OfferReplica.offerer_id).where(OfferReplica.id == offer_id))


async def has_bookings(session: AsyncSession, reader: Reader) -> bool:
    """Whether the list of the reader could ever show something."""
    return bool(await session.scalar(select(select(Booking.id).where(is_visible_to(reader)).exists())))


async def count_seats(session: AsyncSession, reader: Reader, filters: Filters) -> int:
    """How many lines the list has over all its pages: one a seat."""
    statement = _candidates(func.coalesce(func.sum(Booking.quantity), 0), filters=filters).where(is_visible_to(reader))
    return int(await session.scalar(statement) or 0)


async def seats_of_page(
    session: AsyncSession, reader: Reader, filters: Filters, page: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """A page of the list, latest booked first; a duo gives two equal rows.

    Which bookings these are is read from an index, up to the end of the page; all that is shown, of these alone.
    """
    reached = _reached(reader, filters, page * PAGE_SIZE).subquery("reached")
    seats = func.generate_series(1, reached.c.quantity).table_valued("seat").lateral("seats")
    shown = (
        select(reached.c.id)
        .select_from(reached.join(seats, true()))
        .order_by(reached.c.date_created.desc(), reached.c.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
        .cte("shown")
    )
    # Whatever is estimated of the other tables, these bookings are to be found first: of ten million, some plans begin with
    # the venues.
    found = Booking.id == func.any(func.array(select(shown.c.id).scalar_subquery()))
    statement = (
        _rows()
        .join(shown, shown.c.id == Booking.id)
        .where(found)
        .order_by(Booking.date_created.desc(), Booking.id.desc())
    )
    return (await session.execute(statement)).all()


def _reached(reader: Reader, filters: Filters, reach: int) -> Select[*tuple[Any, ...]]:
    """The latest bookings of the list, so many: a partner's from each of their offerers, in the order of its index."""
    latest = (
        _candidates(Booking.id, Booking.date_created, Booking.quantity, filters=filters)
        .order_by(Booking.date_created.desc(), Booking.id.desc())
        .limit(reach)
    )
    if reader.is_admin or filters.is_about_one_thing or filters.needs_places:
        return latest.where(is_visible_to(reader))
    mine = _offerers_of(reader)
    if filters.offerer_id is not None:
        mine = mine.where(AttachmentReplica.offerer_id == filters.offerer_id)
    offerers = mine.distinct().subquery("offerers")
    of_each = latest.where(Booking.offerer_id == offerers.c.offerer_id).lateral("of_each")
    return (
        select(of_each.c.id, of_each.c.date_created, of_each.c.quantity)
        .select_from(offerers.join(of_each, true()))
        .order_by(of_each.c.date_created.desc(), of_each.c.id.desc())
        .limit(reach)
    )


def _candidates(*columns: Any, filters: Filters) -> Select[*tuple[Any, ...]]:
    """The bookings that fit, whoever asks; without the places where they are held, unless these are asked about."""
    statement = select(*columns).where(*_about(filters))
    if filters.needs_places:
        statement = _joined(statement).where(*_somewhere(filters))
    if filters.period is not None:
        moment = _DATE_OF_STATUS[filters.status or StatusFilter.BOOKED]
        earliest, latest = utc_window(filters.period)
        first, last = certain_window(filters.period)
        statement = statement.where(
            moment >= earliest,
            moment < latest,
            # Only on the first and the last day does it matter where a booking's clocks stand.
            or_((moment >= first) & (moment < last), _is_local(moment, filters.period)),
        )
    return statement


async def bookings_of_period(
    session: AsyncSession, reader: Reader, filters: Filters
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every booking that the list would show, latest booked first, each once."""
    return (await session.execute(_of_period(reader, filters))).all()


async def parts_of_period(
    session: AsyncSession, reader: Reader, filters: Filters
) -> AsyncIterator[Sequence[Row[*tuple[Any, ...]]]]:
    """The same in parts of a thousand, for who has a hundred thousand."""
    # All of it will be read: the server is not to prefer what gives the first rows quickly.
    await session.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
    rows = await session.stream(_of_period(reader, filters).execution_options(yield_per=_PART))
    async for part in rows.partitions():
        yield part


def _of_period(reader: Reader, filters: Filters) -> Select[*tuple[Any, ...]]:
    return _rows().where(*_conditions(reader, filters)).order_by(Booking.date_created.desc(), Booking.id.desc())


async def bookings_of_event(
    session: AsyncSession, offer_id: int, event_date: date, wanted: ExportFilter, now: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The bookings of an offer for a local day, in the order they were made.

    `VALIDATED` are those whose holder can no longer withdraw and has not, and those already used.
    """
    statement = _rows().where(Booking.offer_id == offer_id, _event_is_on(event_date)).order_by(Booking.id)
    if wanted is ExportFilter.VALIDATED:
        statement = statement.where(
            or_(
                Booking.status == "USED",
                (Booking.cancellation_limit_date <= now) & (Booking.status != "CANCELLED"),
            )
        )
    return (await session.execute(statement)).all()


async def dates_of_offer(session: AsyncSession, offer_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """By local day with bookings: `event_date`, how many distinct times (`schedules`) and `price_categories`."""
    local = func.timezone(_ZONE, StockReplica.beginning_datetime)
    statement = (
        select(
            func.date(local).label("event_date"),
            func.count(func.distinct(local)).label("schedules"),
            func.count(func.distinct(StockReplica.price_category_id)).label("price_categories"),
        )
        .select_from(StockReplica)
        .join(OfferReplica, OfferReplica.id == StockReplica.offer_id)
        .join(VenueReplica, VenueReplica.id == OfferReplica.venue_id)
        .where(
            StockReplica.offer_id == offer_id,
            StockReplica.beginning_datetime.is_not(None),
            StockReplica.is_soft_deleted.is_(False),
            exists().where(Booking.stock_id == StockReplica.id),
        )
        .group_by("event_date")
        .order_by("event_date")
    )
    return (await session.execute(statement)).all()


def _rows() -> Select[*tuple[Any, ...]]:
    return _joined(
        select(
            Booking.id,
            Booking.token,
            Booking.status,
            Booking.quantity,
            Booking.amount_cents,
            Booking.price_category_label,
            Booking.date_created,
            Booking.date_used,
            Booking.cancellation_date,
            Booking.cancellation_limit_date,
            Booking.reimbursement_date,
            UserReplica.email,
            UserReplica.first_name,
            UserReplica.last_name,
            UserReplica.phone_number,
            UserReplica.postal_code,
            StockReplica.beginning_datetime,
            OfferReplica.id.label("offer_id"),
            OfferReplica.name.label("offer_name"),
            OfferReplica.ean,
            OfferReplica.url,
            func.coalesce(OfferReplica.address, VenueReplica.address).label("address"),
            func.coalesce(func.nullif(VenueReplica.public_name, ""), VenueReplica.name).label("venue_name"),
            OffererReplica.siren,
            _ZONE.label("timezone"),
        )
    )


def _joined(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Booking)
        .join(StockReplica, StockReplica.id == Booking.stock_id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .join(VenueReplica, VenueReplica.id == Booking.venue_id)
        .join(OffererReplica, OffererReplica.id == Booking.offerer_id)
        .join(UserReplica, UserReplica.id == Booking.user_id)
    )


def _conditions(reader: Reader, filters: Filters) -> list[ColumnElement[bool]]:
    conditions = [is_visible_to(reader), *_about(filters), *_somewhere(filters)]
    if filters.period is not None:
        conditions.extend(_is_within(_DATE_OF_STATUS[filters.status or StatusFilter.BOOKED], filters.period))
    return conditions


def _about(filters: Filters) -> list[ColumnElement[bool]]:
    """What a booking itself says."""
    asked = (
        (Booking.offerer_id, filters.offerer_id),
        (Booking.venue_id, filters.venue_id),
        (Booking.offer_id, filters.offer_id),
    )
    return [column == value for column, value in asked if value is not None]


def _somewhere(filters: Filters) -> list[ColumnElement[bool]]:
    """What its offer, its venue and its stock say."""
    conditions: list[ColumnElement[bool]] = []
    if filters.address_id is not None:
        conditions.append(func.coalesce(OfferReplica.address_id, VenueReplica.address_id) == filters.address_id)
    if filters.event_date is not None:
        conditions.append(_event_is_on(filters.event_date))
    return conditions


def _event_is_on(day: date) -> ColumnElement[bool]:
    return func.date(func.timezone(_ZONE, StockReplica.beginning_datetime)) == day


def _is_within(moment: Any, period: Period) -> list[ColumnElement[bool]]:
    """Local days of each booking's own zone, and the UTC window around them that an index can serve."""
    earliest, latest = utc_window(period)
    return [moment >= earliest, moment < latest, *_on_local_days(moment, period)]


def _on_local_days(moment: Any, period: Period) -> list[ColumnElement[bool]]:
    return [moment >= _midnight(period.first), moment < _midnight(period.last + timedelta(days=1))]


def _is_local(moment: Any, period: Period) -> ColumnElement[bool]:
    """Whether the moment is on one of these days where the booking is told; it asks for the zone of each."""
    return (
        select(OfferReplica.id)
        .join(VenueReplica, VenueReplica.id == Booking.venue_id)
        .where(OfferReplica.id == Booking.offer_id, *_on_local_days(moment, period))
        .correlate(Booking)
        .exists()
    )


def _midnight(day: date) -> ColumnElement[datetime]:
    return func.timezone(_ZONE, cast(literal(datetime.combine(day, time())), DateTime(timezone=False)))
