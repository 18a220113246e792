"""Forgetting by whom people sign on."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.models import Account
from users.sso.models import SignOnLink
from users.tokens.models import OneTimeToken
from users.tokens.rules import TokenType


async def unlink(session: AsyncSession, account_id: int) -> None:
    """With another address a person is somebody else for the provider: the password alone lets them in."""
    await session.execute(delete(SignOnLink).where(SignOnLink.account_id == account_id))


async def erase_sign_on(session: AsyncSession, account_id: int) -> None:
    """Forget the links of somebody who is erased, and what was kept of them before they had an account."""
    await session.execute(
        delete(OneTimeToken).where(
            OneTimeToken.type == TokenType.ACCOUNT_CREATION.value,
            OneTimeToken.account_id.is_(None),
            OneTimeToken.data["email"].astext.in_(select(Account.email).where(Account.id == account_id)),
        )
    )
    await unlink(session, account_id)
