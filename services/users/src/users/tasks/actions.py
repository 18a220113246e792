"""Asking for a task, and doing those that are due.

A task is taken by moving its `due_at` away for the time of a lease, so that a process that dies gives it back. Who asks for
it again meanwhile moves `due_at` once more: the task then stays, and is done again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import Database
from shared.outbound import PartnerBusy, PartnerUnavailable
from users.sessions.attempts import attempt_key, count_attempts
from users.tasks.models import PartnerTask

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 60
MAX_PAUSE = timedelta(hours=1)

_NEW = insert(PartnerTask)
# Made once: each booking asks. What is asked for again begins anew.
_ASK = _NEW.on_conflict_do_update(
    index_elements=[PartnerTask.kind, PartnerTask.subject],
    set_={
        "due_at": _NEW.excluded.due_at,
        "details": _NEW.excluded.details,
        "attempts": 0,
        "failed_at": None,
        "last_error": None,
    },
)


@dataclass(frozen=True)
class Task:
    id: int
    kind: str
    subject: str
    details: dict[str, Any]
    attempts: int
    lease: datetime


Handler = Callable[[Database, Task], Awaitable[None]]


@dataclass(frozen=True)
class Budget:
    """How many tasks of a kind, or of kinds that name the same partner, may start in a minute."""

    name: str
    per_minute: int


async def ask_for(
    session: AsyncSession,
    kind: str,
    subject: str,
    *,
    details: dict[str, Any] | None = None,
    due_at: datetime | None = None,
) -> None:
    """Have the worker do something once this transaction commits."""
    now = clock.now()
    values = {"due_at": due_at or now, "details": details or {}, "date_created": now}
    await session.execute(_ASK, {"kind": kind, "subject": subject, **values})


async def forget(session: AsyncSession, kind: str, subject: str) -> None:
    await session.execute(delete(PartnerTask).where(PartnerTask.kind == kind, PartnerTask.subject == subject))


async def _take(session: AsyncSession, kinds: Collection[str]) -> Task | None:
    now = clock.now()
    row = await session.scalar(
        select(PartnerTask)
        .where(PartnerTask.due_at <= now, PartnerTask.failed_at.is_(None), PartnerTask.kind.in_(kinds))
        .order_by(PartnerTask.due_at, PartnerTask.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.due_at = now + LEASE
    row.attempts += 1
    return Task(row.id, row.kind, row.subject, dict(row.details), row.attempts, row.due_at)


async def _end(session: AsyncSession, task: Task) -> None:
    await session.execute(delete(PartnerTask).where(PartnerTask.id == task.id, PartnerTask.due_at == task.lease))


async def _put_back(session: AsyncSession, task: Task, pause: timedelta, error: str, *, give_up: bool) -> None:
    now = clock.now()
    await session.execute(
        update(PartnerTask)
        .where(PartnerTask.id == task.id, PartnerTask.due_at == task.lease)
        .values(due_at=now + pause, last_error=error[:500], failed_at=now if give_up else None)
    )


async def _postpone(session: AsyncSession, task: Task, pause: timedelta) -> None:
    """Not now: the budget is used up. That was no attempt."""
    await session.execute(
        update(PartnerTask)
        .where(PartnerTask.id == task.id, PartnerTask.due_at == task.lease)
        .values(due_at=clock.now() + pause, attempts=PartnerTask.attempts - 1)
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait before the next attempt."""
    return min(timedelta(seconds=5 * 2 ** min(attempts, 12)), MAX_PAUSE)


async def do_next(database: Database, handlers: Mapping[str, Handler], budgets: Mapping[str, Budget]) -> bool:
    """Do the first task that is due; False when there is none.

    A partner that is away costs an attempt and a pause; any other failure is given up after a few.
    """
    async with database.transaction() as session:
        task = await _take(session, list(handlers))
        if task is None:
            return False
        budget = budgets.get(task.kind)
        if budget is not None:
            key = attempt_key("partner_budget", budget.name)
            wait = await count_attempts(session, {key: budget.per_minute}, timedelta(minutes=1))
            if wait is not None:
                await _postpone(session, task, timedelta(seconds=wait))
                return True
    try:
        await handlers[task.kind](database, task)
    except PartnerBusy as error:
        await _failed(database, task, timedelta(seconds=error.retry_after), error, give_up=False)
    except PartnerUnavailable as error:
        await _failed(database, task, pause_after(task.attempts), error, give_up=task.attempts >= MAX_ATTEMPTS)
    except Exception as error:
        log.error("task.failed", kind=task.kind, subject=task.subject, attempts=task.attempts, exc_info=error)
        await _failed(database, task, pause_after(task.attempts), error, give_up=task.attempts >= 5)
    else:
        async with database.transaction() as session:
            await _end(session, task)
    return True


async def _failed(database: Database, task: Task, pause: timedelta, error: Exception, *, give_up: bool) -> None:
    async with database.transaction() as session:
        await _put_back(session, task, pause, f"{type(error).__name__}: {error}", give_up=give_up)
    if give_up:
        log.error("task.given_up", kind=task.kind, subject=task.subject, attempts=task.attempts)


KEPT_AFTER_FAILURE = timedelta(days=30)


async def purge_tasks(session: AsyncSession) -> int:
    """Delete tasks that were given up long ago; how many."""
    result = await session.execute(delete(PartnerTask).where(PartnerTask.failed_at <= clock.now() - KEPT_AFTER_FAILURE))
    return result.rowcount if isinstance(result, CursorResult) else 0
