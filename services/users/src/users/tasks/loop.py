"""The worker's loop that does what waits for partners."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from shared.database import Database
from users.bonus import actions as bonus_actions
from users.bonus import tasks as bonus_tasks
from users.bonus.rules import MONTHS
from users.extracts.actions import ERASE_EXTRACTS, delete_files
from users.identity.dms import actions as dms_actions
from users.identity.dms import tasks as dms_tasks
from users.identity.dms.adoption import READ_APPLICATION
from users.identity.erasure import ERASE_PICTURES, erase_pictures
from users.identity.ubble import actions as ubble_actions
from users.identity.ubble import tasks as ubble_tasks
from users.partners import Partners, partners_for
from users.push import actions as push_actions
from users.push import tasks as push_tasks
from users.settings import Settings
from users.tasks.actions import Budget, Handler, Task, do_next

PAUSE_SECONDS = 1.0
# What background work may take of a partner's budget; the rest is for people who wait.
BACKGROUND_SHARE = 0.9

_Work = Callable[[Database, Partners, Task], Awaitable[None]]
_WORK: dict[str, _Work] = {
    ubble_actions.REFRESH: ubble_tasks.refresh,
    ubble_actions.PICTURES: ubble_tasks.archive,
    ERASE_PICTURES: erase_pictures,
    ERASE_EXTRACTS: delete_files,
    READ_APPLICATION: dms_tasks.read,
    dms_actions.SEND_MESSAGE: dms_tasks.send,
    dms_actions.REFUSE: dms_tasks.refuse,
    dms_actions.LABEL: dms_tasks.label,
    push_actions.HAPPENED: push_tasks.send_happened,
    push_actions.DESCRIBE: push_tasks.send_description,
    push_actions.FORGET: push_tasks.send_oblivion,
    bonus_actions.ASK_QUOTIENT: bonus_tasks.ask_quotient,
    bonus_actions.ASK_DISABILITY: bonus_tasks.ask_disability,
}


def _handler(work: _Work, partners: Partners) -> Handler:
    async def handle(database: Database, task: Task) -> None:
        await work(database, partners, task)

    return handle


def handlers_for(partners: Partners) -> dict[str, Handler]:
    return {kind: _handler(work, partners) for kind, work in _WORK.items()}


def budgets_for(settings: Settings) -> dict[str, Budget]:
    ubble = Budget("ubble", int(settings.ubble_calls_per_minute * BACKGROUND_SHARE))
    household = settings.household_calls_per_minute
    return {
        ubble_actions.REFRESH: ubble,
        ubble_actions.PICTURES: ubble,
        # As many tasks as their calls are within the budget: a task asks for twelve months.
        bonus_actions.ASK_QUOTIENT: Budget("household", household // MONTHS),
        bonus_actions.ASK_DISABILITY: Budget("household-allowances", household // MONTHS),
    }


async def work_off(database: Database, partners: Partners) -> int:
    """Do everything that is due now; how much that was."""
    handlers, budgets, done = handlers_for(partners), budgets_for(partners.settings), 0
    while await do_next(database, handlers, budgets):
        done += 1
    return done


async def _partner_work(database: Database, stop: asyncio.Event, *, settings: Settings) -> None:
    partners = partners_for(settings)
    handlers, budgets = handlers_for(partners), budgets_for(settings)
    try:
        while not stop.is_set():
            if await do_next(database, handlers, budgets):
                continue
            try:
                await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)
            except TimeoutError:
                continue
    finally:
        await partners.close()


def partner_loop(settings: Settings) -> Callable[[Database, asyncio.Event], Awaitable[None]]:
    """The loop for a worker of these settings."""
    return partial(_partner_work, settings=settings)
