"""Bookings that somebody is to be reminded of, a page at a time. Moments in a state are UTC text: they compare as such."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from documents.replicas.models import BEGINS, EXPIRES, BookingReplica
from shared.events.bookings import Booking


def _on(moment: str, day: date) -> ColumnElement[bool]:
    bounds = {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}
    return text(f"{moment} >= :start AND {moment} < :end").bindparams(**bounds)  # type: ignore[return-value]


def beginning_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """Of that UTC day, and live."""
    return text("status IN ('CONFIRMED', 'USED')"), _on(BEGINS, day)  # type: ignore[return-value]


def expiring_on(day: date) -> tuple[ColumnElement[bool], ...]:
    return text("status = 'CONFIRMED'"), _on(EXPIRES, day)  # type: ignore[return-value]


async def page_by_person(
    session: AsyncSession, wanted: tuple[ColumnElement[bool], ...], after: int, limit: int
) -> dict[int, list[Booking]]:
    """The wanted bookings of the next people, by person, in the order of their numbers."""
    people = (
        select(BookingReplica.user_id)
        .where(*wanted, BookingReplica.user_id > after)
        .distinct()
        .order_by(BookingReplica.user_id)
        .limit(limit)
        .subquery()
    )
    rows = await session.execute(
        select(BookingReplica.user_id, BookingReplica.state)
        .where(*wanted, BookingReplica.user_id.in_(select(people.c.user_id)))
        .order_by(BookingReplica.user_id, BookingReplica.id)
    )
    found: dict[int, list[Booking]] = {}
    for user_id, state in rows:
        found.setdefault(user_id, []).append(Booking.model_validate(state))
    return found


async def count(session: AsyncSession, wanted: tuple[ColumnElement[bool], ...]) -> int:
    statement: Any = select(func.count()).select_from(BookingReplica).where(*wanted)
    return await session.scalar(statement) or 0
