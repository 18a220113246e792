"""What documents keeps of a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from documents.mails.models import Mail

MOST = 5_000


async def messages_to(session: AsyncSession, user_id: int) -> list[Any]:
    """The messages to somebody, newest first."""
    rows = await session.execute(
        select(Mail.channel, Mail.kind, Mail.recipient, Mail.created_at, Mail.sent_at)
        .where(Mail.user_id == user_id)
        .order_by(Mail.id.desc())
        .limit(MOST)
    )
    return list(rows)
