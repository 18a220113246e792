"""Writing the mails that time asks for. A second run of a day writes none: each has an identity in the book."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from documents.mails.actions import queue
from documents.mails.rules import Draft
from documents.reminders.queries import beginning_on, count, expiring_on, page_by_person
from documents.reminders.rules import DELAYS, Delay, is_book, soon_expired, tomorrow
from shared import clock
from shared.commands import Counts
from shared.database import Database
from shared.events.bookings import Booking

PEOPLE = 200

Wanted = tuple[Any, ...]
Write = Callable[[list[Booking]], Iterable[tuple[UUID, Draft] | None]]


async def remind_of_tomorrow(database: Database, *, dry_run: bool = False) -> Counts:
    """Mail whoever goes to an event tomorrow (UTC), once for each booking and date."""
    wanted = beginning_on(clock.today() + timedelta(days=1))
    if dry_run:
        return await _would(database, wanted)
    return {"reminded": await _write(database, wanted, lambda bookings: map(tomorrow, bookings))}


async def remind_of_expiry(database: Database, *, dry_run: bool = False) -> Counts:
    """Mail whoever has bookings to fetch that end in five days (books) or seven (all else)."""
    counts: Counts = {}
    for delay in DELAYS:
        wanted = expiring_on(delay.day(clock.today()))
        name = "books" if delay.books else "others"
        if dry_run:
            counts[f"{name}_looked_at"] = (await _would(database, wanted))["would_look_at"]
        else:
            counts[name] = await _write(database, wanted, partial(_expiry, delay, delay.day(clock.today())))
    return counts


def _expiry(delay: Delay, day: date, bookings: list[Booking]) -> Iterable[tuple[UUID, Draft] | None]:
    of_kind = [booking for booking in bookings if is_book(booking) is delay.books]
    return [soon_expired(of_kind, delay, day)] if of_kind else []


async def _would(database: Database, wanted: Wanted) -> Counts:
    async with database.transaction() as session:
        return {"would_look_at": await count(session, wanted)}


async def _write(database: Database, wanted: Wanted, write: Write) -> int:
    written, after = 0, 0
    while True:
        async with database.transaction() as session:
            people = await page_by_person(session, wanted, after, PEOPLE)
            for bookings in people.values():
                for made in write(bookings):
                    written += made is not None and await queue(session, *made)
        if not people:
            return written
        after = max(people)
