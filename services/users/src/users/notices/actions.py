"""Asking for a mail or an SMS: a row and the fact `notice.requested`, in the transaction of what it is about."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import CursorResult, delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import emit
from shared.events.users import NOTICE, Notice, NoticeParameter
from users.notices.models import NoticeRow
from users.notices.rules import channel_of

# Longer than any rule looks back: partners are warned once a year at most.
KEPT = timedelta(days=400)


async def purge_notices(session: AsyncSession) -> int:
    """Delete the trace of messages that no rule asks about any more; how many."""
    result = await session.execute(delete(NoticeRow).where(NoticeRow.date_created <= clock.now() - KEPT))
    return result.rowcount if isinstance(result, CursorResult) else 0


async def request_notice(
    session: AsyncSession,
    kind: str,
    *,
    recipient: str,
    user_id: int | None = None,
    parameters: dict[str, NoticeParameter] | None = None,
) -> None:
    """Have `documents` send a message, when and only when this transaction commits.

    `kind` and the names of `parameters` are those of `notices.rules.KINDS`; `recipient` is an e-mail address or, for an
    SMS, an E.164 number.
    """
    said = parameters or {}
    channel = channel_of(kind, set(said))
    row = NoticeRow(kind=kind, channel=channel, account_id=user_id, recipient=recipient, date_created=clock.now())
    session.add(row)
    await session.flush()
    state = Notice(id=row.id, kind=kind, channel=channel, recipient=recipient, user_id=user_id, parameters=said)
    await emit(session, NOTICE, "requested", state)
