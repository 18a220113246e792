"""The flags of the other services, kept for front-ends."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import upsert_replica
from shared.events import bookings, documents, offers
from shared.events.envelope import Event
from shared.events.features import Feature
from shared.events.subscribers import Subscribers
from users.features.models import (
    BookingsFeatureReplica,
    DocumentsFeatureReplica,
    OffersFeatureReplica,
    _Feature,
)

subscribers = Subscribers()


@subscribers.on(offers.FEATURE)
async def replicate_of_offers(event: Event[Feature], session: AsyncSession) -> None:
    """Front-ends are told of the flags of offers."""
    await _replicate(session, OffersFeatureReplica, event)


@subscribers.on(bookings.FEATURE)
async def replicate_of_bookings(event: Event[Feature], session: AsyncSession) -> None:
    """Front-ends are told of the flags of bookings."""
    await _replicate(session, BookingsFeatureReplica, event)


@subscribers.on(documents.FEATURE)
async def replicate_of_documents(event: Event[Feature], session: AsyncSession) -> None:
    """Front-ends are told of the flags of documents."""
    await _replicate(session, DocumentsFeatureReplica, event)


async def _replicate(session: AsyncSession, model: type[_Feature], event: Event[Feature]) -> None:
    if event.fact == "withdrawn":
        await session.execute(
            delete(model).where(model.id == event.aggregate_id, model.version < event.aggregate_version)
        )
        return
    state = event.state
    await upsert_replica(session, model, event, name=state.name, is_active=state.is_active, portal=state.portal)
