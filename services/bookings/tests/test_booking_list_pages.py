"""Pages and totals of the partner's list are those of a plain walk over all bookings."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.models import Booking
from bookings.booking_list import queries
from bookings.booking_list.queries import Filters, Reader, count_seats, seats_of_page
from bookings.booking_list.rules import Period, StatusFilter, local
from bookings.factories import AttachmentFactory, OffererFactory, UserFactory, create_stock
from bookings.replicas.models import StockReplica

START = datetime(2026, 3, 20, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/Cayenne", "Pacific/Tahiti", "Pacific/Noumea")
PARTNER, ADMIN = Reader(501, is_admin=False), Reader(502, is_admin=True)
PAGE = 4


async def sold(session: AsyncSession, chance: random.Random) -> dict[int, tuple[Booking, StockReplica, str]]:
    """Bookings of four offerers in as many zones, each with its stock and its zone; PARTNER acts for three of them."""
    stocks: list[tuple[StockReplica, int, int, str]] = []
    for number, zone in enumerate(ZONES):
        offerer = await OffererFactory.create(session)
        status = "VALIDATED" if number else "NEW"
        await AttachmentFactory.create(
            session, user_id=PARTNER.user_id, offerer_id=offerer.id, validation_status=status
        )
        for _ in range(3):
            begins = START + timedelta(hours=chance.randrange(900))
            stock = await create_stock(
                session, offerer=offerer, beginning_datetime=begins, offer__timezone=zone, offer__address_id=number
            )
            offer = await session.get_one(queries.OfferReplica, stock.offer_id)
            stocks.append((stock, offer.venue_id, offerer.id, zone))
    people = [await UserFactory.create(session) for _ in range(10)]
    found = {}
    for number, (person, (stock, venue_id, offerer_id, zone)) in enumerate(
        chance.sample([(person, stock) for person in people for stock in stocks], 100)
    ):
        made = START + timedelta(minutes=15 * chance.randrange(2_000))
        used = made + timedelta(hours=chance.randrange(90)) if chance.random() < 0.4 else None
        booking = Booking(
            user_id=person.id,
            stock_id=stock.id,
            offer_id=stock.offer_id,
            venue_id=venue_id,
            offerer_id=offerer_id,
            token=f"T{number:05d}",
            status="USED" if used else "CONFIRMED",
            quantity=chance.choice((1, 1, 2)),
            amount_cents=0,
            date_created=made,
            date_used=used,
        )
        session.add(booking)
        await session.flush()
        found[booking.id] = (booking, stock, zone)
    return found


def walked(
    known: dict[int, tuple[Booking, StockReplica, str]], reader: Reader, asked: Filters, attached: set[int]
) -> list[int]:
    """The ids of the lines, a duo's twice, the latest first."""
    lines: list[tuple[datetime, int]] = []
    for booking, stock, zone in known.values():
        moment = booking.date_used if asked.status is StatusFilter.VALIDATED else booking.date_created
        begins = stock.beginning_datetime
        fits = (
            (reader.is_admin or booking.offerer_id in attached)
            and asked.offerer_id in (None, booking.offerer_id)
            and asked.venue_id in (None, booking.venue_id)
            and asked.offer_id in (None, booking.offer_id)
            and asked.address_id in (None, ZONES.index(zone))
            and (asked.event_date is None or (begins is not None and local(begins, zone).date() == asked.event_date))
            and (
                asked.period is None
                or (moment is not None and asked.period.first <= local(moment, zone).date() <= asked.period.last)
            )
        )
        if fits:
            lines += [(booking.date_created, booking.id)] * booking.quantity
    return [id_ for _, id_ in sorted(lines, reverse=True)]


async def test_pages_are_those_of_a_plain_walk(session: AsyncSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", PAGE)
    chance = random.Random(1_789)
    known = await sold(session, chance)
    bookings = [booking for booking, _, _ in known.values()]
    attached = {booking.offerer_id for booking, _, zone in known.values() if zone != ZONES[0]}
    seen = 0
    for _ in range(120):
        first = date(2026, 3, 18) + timedelta(days=chance.randrange(24))
        some = chance.choice(bookings)
        asked = Filters(
            offerer_id=chance.choice((None, None, some.offerer_id)),
            venue_id=chance.choice((None, None, None, some.venue_id)),
            offer_id=chance.choice((None, None, None, some.offer_id)),
            address_id=chance.choice((None, None, None, 2)),
            event_date=chance.choice((None, None, None, first)),
            status=chance.choice((None, StatusFilter.BOOKED, StatusFilter.VALIDATED)),
            period=chance.choice((None, *(Period(first, first + timedelta(days=days)) for days in (0, 1, 5, 30)))),
        )
        reader = chance.choice((PARTNER, PARTNER, ADMIN))
        expected = walked(known, reader, asked, attached)
        assert await count_seats(session, reader, asked) == len(expected), asked
        page = chance.choice((1, 1, 2, 5))
        rows = await seats_of_page(session, reader, asked, page)
        assert [row.id for row in rows] == expected[(page - 1) * PAGE : page * PAGE], (reader, asked, page)
        seen += len(rows)
    assert seen > 100
