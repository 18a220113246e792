"""Hears who was made anonymous, replays included: a database that was restored forgets again."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from bookings.erasure.actions import erase_holder
from shared.events import Event, Subscribers
from shared.events.users import ANONYMIZED, USER, User

subscribers = Subscribers()


@subscribers.on(USER, "anonymized", "replayed")
async def erase(event: Event[User], session: AsyncSession) -> None:
    if ANONYMIZED in event.state.roles:
        await erase_holder(session, event.state.id)
