"""Writes in the book of mail. Each function is part of its caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import structlog
from sqlalchemy import func, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from documents.erasure.queries import erased_among
from documents.erasure.rules import LAST_WORDS, names_nobody
from documents.mails.models import Mail
from documents.mails.rules import Draft, back_off_seconds
from shared import clock
from shared.telemetry.trace import current_traceparent

log = structlog.get_logger(__name__)

# How long a recap takes lines after the last one, and how many it takes at most.
GATHERING = timedelta(seconds=60)
GATHERED_AT_MOST = 500
LONGEST_GATHERING = timedelta(minutes=15)


async def queue(session: AsyncSession, event_id: UUID, draft: Draft) -> bool:
    """Write a message to be sent; the same event, kind and recipient a second time changes nothing. Whether it did.

    To somebody who was erased only the last words go, and nobody who was is named to others.
    """
    erased = await erased_among(session, draft.everybody)
    if draft.user_id in erased and draft.kind not in LAST_WORDS:
        return False
    if draft.gather_key is not None and await _gather(session, draft, erased):
        return True
    moment = clock.now()
    parameters = dict(draft.parameters)
    if draft.line is not None:
        parameters["lines"] = [draft.line]
    for user_id in erased:
        parameters = names_nobody(parameters, user_id)
    written = await session.execute(
        insert(Mail)
        .values(
            event_id=event_id,
            kind=draft.kind,
            channel=draft.channel,
            people=sorted(draft.everybody),
            booking_id=draft.booking_id,
            user_id=draft.user_id,
            recipient=draft.recipient,
            reply_to=None if draft.parameters.get("user_id") in erased else draft.reply_to,
            parameters=parameters,
            gather_key=draft.gather_key,
            message_id=message_id(event_id, draft.kind, draft.recipient),
            trace=current_traceparent(),
            state="queued",
            created_at=moment,
            next_attempt_at=moment + (GATHERING if draft.gather_key is not None else timedelta()),
        )
        .on_conflict_do_nothing(index_elements=["event_id", "kind", "recipient"])
        .returning(Mail.id)
    )
    return written.scalar_one_or_none() is not None


async def _gather(session: AsyncSession, draft: Draft, erased: Collection[int]) -> bool:
    """Add the line to the recap that waits, if one does: one that was tried has lost its key with the attempt."""
    moment = clock.now()
    mail = await session.scalar(
        select(Mail)
        .where(
            Mail.kind == draft.kind,
            Mail.recipient == draft.recipient,
            Mail.gather_key == draft.gather_key,
            Mail.state == "queued",
        )
        .with_for_update()
    )
    if mail is None:
        return False
    lines = [*mail.parameters.get("lines", []), draft.line]
    if len(lines) > GATHERED_AT_MOST:
        mail.gather_key = None
        await session.flush()
        return False
    parameters: dict[str, object] = {**mail.parameters, **draft.parameters, "lines": lines}
    for user_id in erased:
        parameters = names_nobody(parameters, user_id)
    mail.parameters = parameters
    mail.people = sorted({*mail.people, *draft.everybody})
    mail.next_attempt_at = min(moment + GATHERING, mail.created_at + LONGEST_GATHERING)
    await session.flush()
    return True


def message_id(event_id: UUID, kind: str, recipient: str) -> str:
    """The same for every attempt at one mail."""
    digest = sha256(f"{event_id}/{kind}/{recipient}".encode()).hexdigest()[:40]
    return f"<{digest}@passculture>"


async def claim(session: AsyncSession, limit: int) -> list[Mail]:
    """Take due mails for sending; nobody else gets them meanwhile."""
    moment = clock.now()
    due = (
        select(Mail.id)
        .where(Mail.state == "queued", Mail.next_attempt_at <= moment)
        .order_by(Mail.next_attempt_at, Mail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # With locks a CTE is asked once. A plan may ask a subquery again for each mail, which then skips what it has just
        # locked: more than `limit` would be claimed.
        .cte("due")
    )
    claimed = await session.scalars(
        update(Mail)
        .where(Mail.id.in_(select(due.c.id)))
        .values(state="sending", claimed_at=moment, attempts=Mail.attempts + 1)
        .returning(Mail)
    )
    return sorted(claimed, key=lambda mail: mail.id)


async def release_lost(session: AsyncSession, after_seconds: int) -> int:
    """Queue again what a process claimed and then died with. The only case in which a mail may go out twice.

    A text is given up instead: its reader can ask for another code.
    """
    moment = clock.now()
    await session.execute(
        update(Mail)
        .where(
            Mail.channel == "sms", Mail.state == "sending", Mail.claimed_at < moment - timedelta(seconds=after_seconds)
        )
        .values(state="failed", claimed_at=null(), last_error="process lost", parameters={})
    )
    released = await session.scalars(
        update(Mail)
        .where(Mail.state == "sending", Mail.claimed_at < moment - timedelta(seconds=after_seconds))
        .values(state="queued", claimed_at=None, next_attempt_at=moment, gather_key=None, last_error="process lost")
        .returning(Mail.id)
    )
    return len(list(released))


async def mark_sent(session: AsyncSession, mail: Mail, transport: str, *, forget: Collection[str] = ()) -> None:
    """The mail has left. `forget` names parameters that nobody needs any more, such as links that act for a person."""
    left = {"sent_at": clock.now(), "sent_by": transport, "last_error": None}
    await _settle(session, mail, state="sent", **left, **_without(mail, forget))


def _last_words(mail: Mail) -> dict[str, object]:
    """What is forgotten of the words that tell somebody that nothing is kept of them."""
    return {"recipient": "", "reply_to": None, "parameters": {}} if mail.kind in LAST_WORDS else {}


def _without(mail: Mail, forget: Collection[str]) -> dict[str, object]:
    """The change that takes parameters out of a mail; none when it has none of them."""
    parameters = {name: value for name, value in mail.parameters.items() if name not in forget}
    return {"parameters": parameters} if parameters != mail.parameters else {}


async def mark_failed(
    session: AsyncSession, mail: Mail, error: str, *, permanent: bool, most: int, forget: Collection[str] = ()
) -> None:
    """Queue for a later attempt, or give up after `most` attempts or a refusal that will not change: then `forget`."""
    error = error[:500]
    if permanent or mail.attempts >= most:
        log.error("mail.given_up", mail_id=mail.id, kind=mail.kind, attempts=mail.attempts, error=error)
        await _settle(session, mail, state="failed", last_error=error, **_without(mail, forget))
        return
    log.warning("mail.attempt_failed", mail_id=mail.id, kind=mail.kind, attempts=mail.attempts, error=error)
    later = clock.now() + timedelta(seconds=back_off_seconds(mail.attempts))
    await _settle(session, mail, state="queued", last_error=error, next_attempt_at=later)


async def _settle(session: AsyncSession, mail: Mail, *, state: str, **values: object) -> None:
    # Only the holder of the claim settles it: a claim that was taken away in between is somebody else's.
    if state != "queued":
        values |= _last_words(mail)
    await session.execute(
        update(Mail)
        .where(Mail.id == mail.id, Mail.state == "sending", Mail.attempts == mail.attempts)
        .values(state=state, claimed_at=None, gather_key=None, **values)
    )


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next queued mail may go out."""
    return await session.scalar(select(func.min(Mail.next_attempt_at)).where(Mail.state == "queued"))
