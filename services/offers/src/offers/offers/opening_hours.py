"""When an offer may be visited, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offers import rules
from offers.offers.changes import tell
from offers.offers.models import Offer
from offers.venues.models import OpeningHours
from offers.venues.rules import timespans_in_minutes
from offers.venues.values import Weekday

Timespans = Sequence[Sequence[str]] | None


async def replace_opening_hours(session: AsyncSession, offer: Offer, given: Mapping[Weekday, Timespans]) -> None:
    """Make a locked offer's hours what is given, `HH:MM` by weekday, null when closed. Emits `offer.updated`.

    400 `openingHours.<DAY>` for spans that are none.
    """
    rules.check_not_rejected(offer.validation)
    hours = {day: timespans_in_minutes(day.value, spans) for day, spans in given.items()}
    await session.execute(delete(OpeningHours).where(OpeningHours.offer_id == offer.id))
    session.add_all(
        OpeningHours(offer_id=offer.id, weekday=day, timespan=spans) for day, spans in hours.items() if spans
    )
    await tell(session, offer.id, "updated")
