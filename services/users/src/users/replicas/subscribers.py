"""Replicas of other contexts' facts, and what follows from them here."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import upsert_replica
from shared.events.bookings import WALLET, Wallet
from shared.events.envelope import Event
from shared.events.offers import ATTACHMENT, OFFER, OFFERER, Attachment, Offer, Offerer
from shared.events.subscribers import Subscribers
from users.accounts.actions import follow_attachments
from users.deposits.actions import carry_over
from users.replicas.models import ActiveOfferer, AttachmentReplica, OffererReplica, WalletReplica

subscribers = Subscribers()
DRAFT = "DRAFT"


@subscribers.on(ATTACHMENT)
async def replicate_attachment(event: Event[Attachment], session: AsyncSession) -> None:
    """Whoever acts for an offerer is a PRO; whoever waits, or lost it, a NON_ATTACHED_PRO."""
    moved = await upsert_replica(
        session,
        AttachmentReplica,
        event,
        user_id=event.state.user_id,
        offerer_id=event.state.offerer_id,
        validation_status=event.state.validation_status,
    )
    if moved:
        await follow_attachments(session, event.state.user_id)


@subscribers.on(OFFERER)
async def replicate_offerer(event: Event[Offerer], session: AsyncSession) -> None:
    await upsert_replica(
        session,
        OffererReplica,
        event,
        is_active=event.state.is_active,
        validation_status=event.state.validation_status,
    )


@subscribers.on(OFFER)
async def note_activity(event: Event[Offer], session: AsyncSession) -> None:
    """Once is enough, so the order of events does not matter. Read first: nearly every event finds its row."""
    if event.state.validation == DRAFT or await session.get(ActiveOfferer, event.state.offerer_id) is not None:
        return
    await session.execute(insert(ActiveOfferer).values(offerer_id=event.state.offerer_id).on_conflict_do_nothing())


@subscribers.on(WALLET)
async def replicate_wallet(event: Event[Wallet], session: AsyncSession) -> None:
    """A deposit that replaced another gets what `bookings` carried over to it."""
    moved = await upsert_replica(
        session,
        WalletReplica,
        event,
        user_id=event.state.user_id,
        credit_cents=event.state.credit_cents,
        spent_cents=event.state.spent_cents,
    )
    if moved and event.state.replaces_id is not None:
        await carry_over(session, event.state.user_id, event.state.id, event.state.carried_cents)
