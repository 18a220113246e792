"""What users told of people, taken back once they are nobody: in the outbox at once, on the streams by a job."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.commands import Counts
from shared.database import Database
from shared.events.erasure import Personal, note_erased, take_back
from shared.events.users import ANONYMIZED, DEPOSIT, NOTICE, USER
from users.anonymization.models import ErasedPerson
from users.settings import Settings

# What is written where the source of a credit was.
NO_SOURCE = "Anonymized"
# Asked for in the transaction that erases its reader: it must leave, and goes with the next pass.
_LAST_WORDS = "anonymization_confirmation"

_STREAMS = {"user": USER.stream, "deposit": DEPOSIT.stream, "notice": NOTICE.stream}
# Facts that left, and messages that did not: nobody needs them any more.
_DELETE = text(
    """
    DELETE FROM outbox WHERE published_at IS NOT NULL AND stream = :user AND aggregate_id = ANY(:ids)
        AND NOT state -> 'roles' ? :anonymized
      OR stream = :notice AND (state ->> 'user_id')::bigint = ANY(:ids)
        AND (published_at IS NOT NULL OR state ->> 'kind' <> :last_words)
    """
)
# Facts that wait to leave do leave, since others count on them, but name nobody.
_BLANK_USERS = text(
    """
    UPDATE outbox SET state = outbox.state || jsonb_build_object('email', a.email, 'first_name', null,
      'last_name', null, 'birth_date', coalesce(a.validated_birth_date, a.date_of_birth), 'phone_number', null,
      'postal_code', null, 'department_code', null)
    FROM account a
    WHERE outbox.stream = :user AND a.id = outbox.aggregate_id AND a.id = ANY(:ids)
      AND outbox.state ->> 'email' <> a.email
    """
)
_BLANK_DEPOSITS = text(
    """
    UPDATE outbox SET state = outbox.state || jsonb_build_object('source', CAST(:no_source AS text))
    WHERE stream = :deposit AND (state ->> 'user_id')::bigint = ANY(:ids) AND state ->> 'source' <> :no_source
    """
)
_UNSENT = text(
    "SELECT count(*) FROM outbox WHERE stream = :notice AND (state ->> 'user_id')::bigint = ANY(:ids)"
    " AND published_at IS NULL"
)


async def clean_outbox(session: AsyncSession, ids: Collection[int]) -> tuple[int, int]:
    """Take people out of the outbox: how many rows changed, and how many last words must still leave."""
    values = {
        **_STREAMS,
        "ids": list(ids),
        "anonymized": ANONYMIZED,
        "last_words": _LAST_WORDS,
        "no_source": NO_SOURCE,
    }
    changed = 0
    for statement in (_DELETE, _BLANK_USERS, _BLANK_DEPOSITS):
        result = await session.execute(statement, values)
        changed += result.rowcount if isinstance(result, CursorResult) else 0
    return changed, (await session.execute(_UNSENT, values)).scalar_one()


async def take_back_from_outbox(session: AsyncSession, account_id: int) -> None:
    """When an account has become nobody's: clean the outbox, and have the streams cleaned."""
    await session.flush()
    await clean_outbox(session, [account_id])
    await note_erased(session, ErasedPerson, account_id)


def _account(state: Mapping[str, Any]) -> int | None:
    return None if ANONYMIZED in state["roles"] else int(state["id"])


def _reader(state: Mapping[str, Any]) -> int | None:
    return state["user_id"]


def _holder(state: Mapping[str, Any]) -> int | None:
    return None if state["source"] == NO_SOURCE else int(state["user_id"])


PERSONAL = (Personal(USER, _account), Personal(NOTICE, _reader), Personal(DEPOSIT, _holder))


async def take_back_facts(settings: Settings, database: Database, *, dry_run: bool = False) -> Counts:
    return await take_back(settings, database, ErasedPerson, PERSONAL, clean_outbox, dry_run=dry_run)
