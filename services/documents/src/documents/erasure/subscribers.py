"""Hears who was made anonymous. A replay is heard too: it erases again from a database that was restored."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from documents.erasure.actions import erase_person
from shared.events.envelope import Event
from shared.events.subscribers import Subscribers
from shared.events.users import ANONYMIZED, USER, User

subscribers = Subscribers()


@subscribers.on(USER, "anonymized", "replayed")
async def erase(event: Event[User], session: AsyncSession) -> None:
    if ANONYMIZED in event.state.roles:
        await erase_person(session, event.state)
