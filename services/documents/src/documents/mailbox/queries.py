"""Reads of the book for the mailbox pages."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from documents.mails.models import Mail


async def newest(
    session: AsyncSession, *, recipient: str | None, kind: str | None, limit: int, channel: str | None = None
) -> list[Mail]:
    """Messages, newest first; `recipient` is any part of an address or number."""
    statement = select(Mail).order_by(Mail.id.desc()).limit(limit)
    if recipient:
        statement = statement.where(Mail.recipient.icontains(recipient, autoescape=True))
    if channel:
        statement = statement.where(Mail.channel == channel)
    if kind:
        statement = statement.where(Mail.kind == kind)
    return list(await session.scalars(statement))


async def mail_of(session: AsyncSession, mail_id: int) -> Mail | None:
    return await session.get(Mail, mail_id)
