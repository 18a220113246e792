"""What is known of a young person for the app's pages, read at once."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import Database, read_row
from shared.errors import ApiError
from shared.identity import Principal
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.profile_row import READ, Profile, family_of, is_signed_in, profile_from
from users.accounts.queries import account_by_id
from users.deposits.queries import deposits_of, held
from users.deposits.rules import HeldDeposit
from users.features import flags
from users.sessions.actions import family_lives
from users.settings import Settings
from users.subscription.checks import Candidate
from users.subscription.queries import candidate_of


def _refused() -> ApiError:
    return ApiError(403, {"email": ["Ce compte n'existe pas ou n'est pas actif."]})


def signed_out() -> ApiError:
    """The session that the token names was ended."""
    return ApiError(401, {}, {"WWW-Authenticate": "Bearer"})


async def active_account(session: AsyncSession, principal: Principal) -> Account:
    """The caller's account; 403 when it is unknown or closed, 401 once the session was signed out."""
    account = await signed_in_account(session, principal)
    if not account.is_active:
        raise _refused()
    return account


async def locked_active_account(session: AsyncSession, principal: Principal) -> Account:
    """The caller's account for a change: locked, so that nobody closes it meanwhile."""
    await active_account(session, principal)
    account = await lock_account(session, principal.id)
    if not account.is_active:
        raise _refused()
    return account


async def signed_in_account(session: AsyncSession, principal: Principal) -> Account:
    """The caller's account, open or closed; 403 when it is unknown, 401 once the session was signed out."""
    account = await account_by_id(session, principal.id)
    if account is None:
        raise _refused()
    if principal.session_id is not None and not await family_lives(session, principal.session_id, account.id):
        raise signed_out()
    return account


async def candidate_for(
    session: AsyncSession, settings: Settings, account: Account, deposits: tuple[HeldDeposit, ...] | None = None
) -> Candidate:
    """The account as the subscription's rules see it."""
    if deposits is None:
        deposits = tuple([held(deposit) for deposit in await deposits_of(session, account.id)])
    return await candidate_of(
        session, account, deposits, flags=flags.active, reform=settings.reform(flags.active), now=clock.now()
    )


async def profile_of(session: AsyncSession, settings: Settings, account: Account) -> Profile:
    """The profile as this transaction sees it, in one statement; `account` may have changes that are not written yet."""
    await session.flush()
    connection = await session.connection()
    row = (await connection.exec_driver_sql(READ.decode(), {"id": account.id, "family": None})).one()
    return replace(profile_from(settings, tuple(row)), account=account)


async def read_profile(database: Database, settings: Settings, principal: Principal) -> Profile:
    """The caller's profile, in one round trip; 403 when the account is unknown or closed, 401 once the session was signed
    out.
    """
    row = await read_row(database, READ, {"id": principal.id, "family": family_of(principal)})
    if row is None:
        raise _refused()
    if not is_signed_in(row):
        raise signed_out()
    profile = profile_from(settings, row)
    if not profile.account.is_active:
        raise _refused()
    return profile
