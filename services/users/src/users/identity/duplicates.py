"""Other accounts of the same person."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.locks import lock
from users.accounts.models import Account
from users.accounts.rules import BENEFICIARY_ROLES
from users.identity.content import ProvidedIdentity
from users.identity.rules import Names, are_same


async def hold_identity(session: AsyncSession, identity: ProvidedIdentity) -> None:
    """Until this transaction ends, nobody else born that day, or with that document or INE, is looked for or accepted."""
    if identity.birth_date is not None:
        await lock(session, f"identity.born.{identity.birth_date.isoformat()}")
    if identity.id_number is not None:
        await lock(session, f"identity.document.{identity.id_number}")
    if identity.ine_hash is not None:
        await lock(session, f"identity.ine.{identity.ine_hash}")


async def beneficiary_like(session: AsyncSession, account_id: int, identity: ProvidedIdentity) -> int | None:
    """The account of another beneficiary who is the same person (users rules: duplicate beneficiary)."""
    if not identity.is_filled:
        return None
    rows = await session.execute(
        select(Account.id, Account.first_name, Account.last_name, Account.married_name)
        .where(
            Account.id != account_id,
            Account.validated_birth_date == identity.birth_date,
            Account.roles.overlap([role.value for role in BENEFICIARY_ROLES]),
        )
        .order_by(Account.id)
    )
    return next((row[0] for row in rows if are_same(identity.names, Names(row[1], row[2], row[3]))), None)


async def holder_of_id_number(session: AsyncSession, account_id: int, number: str | None) -> int | None:
    if number is None:
        return None
    return await session.scalar(select(Account.id).where(Account.id_piece_number == number, Account.id != account_id))


async def holder_of_ine(session: AsyncSession, account_id: int, ine_hash: str | None) -> int | None:
    if ine_hash is None:
        return None
    return await session.scalar(select(Account.id).where(Account.ine_hash == ine_hash, Account.id != account_id))
