"""Erasing one person, because they asked for it (users rules: suspension, deletion, anonymisation)."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.commands import Counts
from shared.database import Database
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.queries import account_by_email
from users.accounts.rules import BENEFICIARY_ROLES, PRO_ROLES, Role
from users.anonymization.actions import anonymize
from users.anonymization.queries import has_open_extract, no_recent_fraud
from users.permissions.queries import require
from users.permissions.rules import Permission


class NotErasable(Exception):
    """Why a person cannot be erased now."""


async def erase_one(database: Database, account_id: int, *, agent: str | None = None, dry_run: bool = False) -> Counts:
    """Make one account nobody's at once; raises NotErasable. An account that is nobody's already counts as such.

    `agent` is the address of whoever decides, for the history; they need the permission. Nothing is written on a dry run.
    """
    async with database.transaction() as session:
        author_id = await _author(session, agent) if agent else None
        if await session.scalar(select(Account.id).where(Account.id == account_id)) is None:
            raise NotErasable(f"no account has the number {account_id}")
        account = await lock_account(session, account_id)
        if Role.ANONYMIZED in account.roles:
            return {"anonymized": 0, "already": 1}
        await _check(session, account)
        if dry_run:
            return {"would_anonymize": 1}
        await anonymize(session, account, author_id=author_id)
    return {"anonymized": 1, "already": 0}


async def _author(session: AsyncSession, agent: str) -> int:
    found = await account_by_email(session, agent)
    if found is None:
        raise NotErasable("nobody has the agent's address")
    await require(session, found.id, Permission.ANONYMIZE_PUBLIC_ACCOUNT)
    return found.id


async def _check(session: AsyncSession, account: Account) -> None:
    roles = set(account.roles)
    if await has_open_extract(session, account.id, clock.now()):
        raise NotErasable("an extract of this person's data is under way")
    if roles & {role.value for role in BENEFICIARY_ROLES} and roles & {role.value for role in PRO_ROLES}:
        raise NotErasable("this person is a beneficiary and a partner: the partner's side goes first")
    quiet = select(exists().where(Account.id == account.id, no_recent_fraud(clock.now())))
    if not await session.scalar(quiet):
        raise NotErasable("this account was suspended for fraud less than five years ago")
