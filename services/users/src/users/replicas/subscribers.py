"""Replicas of other contexts' facts, and what follows from them here."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import upsert_replica
from shared.events.bookings import WALLET, Wallet
from shared.events.envelope import Event
from shared.events.offers import ATTACHMENT, Attachment
from shared.events.subscribers import Subscribers
from users.accounts.actions import follow_attachments
from users.replicas.models import AttachmentReplica, WalletReplica

subscribers = Subscribers()


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


@subscribers.on(WALLET)
async def replicate_wallet(event: Event[Wallet], session: AsyncSession) -> None:
    await upsert_replica(
        session,
        WalletReplica,
        event,
        user_id=event.state.user_id,
        credit_cents=event.state.credit_cents,
        spent_cents=event.state.spent_cents,
    )
