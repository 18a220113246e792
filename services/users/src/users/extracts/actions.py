"""Asking for an extract of somebody's data, making it, and reading it: for agents who may (users rules: GDPR)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import Database
from shared.errors import ApiError, gone, not_found
from shared.identity import SigningKey
from shared.storage import Storage
from users.accounts.actions import lock_account, note_action
from users.accounts.models import Account
from users.accounts.rules import Role
from users.anonymization.models import GdprExtract
from users.anonymization.rules import EXTRACT_LIFE
from users.extracts.house import House, token_of
from users.extracts.queries import own_data
from users.extracts.rules import key_of, on_paper, starts_of_person
from users.partners import Partners
from users.permissions.queries import require
from users.permissions.rules import Permission
from users.tasks.actions import Task, ask_for

ASKED = "USER_EXTRACT_DATA"
ERASE_EXTRACTS = "erase_extracts"


async def request_extract(session: AsyncSession, agent_id: int, account_id: int) -> GdprExtract:
    """Have somebody's data put together; one that is under way already is that one.

    403 without the permission, 404 for nobody, 400 for who is nobody any more.
    """
    await require(session, agent_id, Permission.EXTRACT_PUBLIC_ACCOUNT)
    if await session.scalar(select(Account.id).where(Account.id == account_id)) is None:
        raise not_found()
    account = await lock_account(session, account_id)
    if Role.ANONYMIZED in account.roles:
        raise ApiError(400, {"user": ["Ce compte est anonymisé : il n'en reste aucune donnée."]})
    now = clock.now()
    waiting = await session.scalar(
        select(GdprExtract).where(
            GdprExtract.account_id == account_id,
            GdprExtract.date_processed.is_(None),
            GdprExtract.date_created > now - EXTRACT_LIFE,
        )
    )
    if waiting is not None:
        return waiting
    extract = GdprExtract(account_id=account_id, author_id=agent_id, date_created=now)
    session.add(extract)
    await note_action(session, account_id, ASKED, author_id=agent_id)
    await session.flush()
    return extract


async def make_extract(
    database: Database, house: House, key: SigningKey, storage: Storage, extract: GdprExtract
) -> bool:
    """Put the data together and store them. False when the extract, or its person, went meanwhile."""
    async with database.transaction() as session:
        account = await session.get(Account, extract.account_id)
        if account is None or Role.ANONYMIZED in account.roles:
            return False
        data = await own_data(session, account)
        email = account.email
    token = token_of(key, extract.account_id)
    data |= await house.kept(token)
    made_at = clock.now()
    data = {"generatedAt": made_at.strftime("%Y-%m-%dT%H:%M:%SZ"), **data}
    document = {"person": email, "madeAt": made_at.strftime("%d/%m/%Y"), "sections": on_paper(data)}
    pdf = await house.laid_out(token, document)
    key_name = key_of(extract.account_id, extract.id, extract.date_created)
    async with database.transaction() as session:
        # Under the account's lock: whoever is erased meanwhile takes the file along, and comes back for it here.
        row = await session.scalar(select(GdprExtract).where(GdprExtract.id == extract.id).with_for_update())
        if row is None or row.date_processed is not None:
            return False
        row.date_processed = made_at
        await storage.put(key_name, _zipped(email, data, pdf), "application/zip")
    return True


def _zipped(email: str, data: dict[str, Any], pdf: bytes) -> bytes:
    name = "".join(sign if sign.isalnum() or sign in "@.+-_" else "_" for sign in email)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.json", orjson.dumps(data, option=orjson.OPT_INDENT_2))
        archive.writestr(f"{name}.pdf", pdf)
    return out.getvalue()


async def read_extract(session: AsyncSession, storage: Storage, agent_id: int, extract_id: int) -> bytes:
    """The file, for agents who may; 404 while there is none, 410 once its time is over."""
    await require(session, agent_id, Permission.EXTRACT_PUBLIC_ACCOUNT)
    extract = await session.get(GdprExtract, extract_id)
    if extract is None or extract.date_processed is None:
        raise not_found()
    if extract.date_created <= clock.now() - EXTRACT_LIFE:
        raise gone("extract", "Cette copie n'est plus disponible.")
    stored = await storage.get(key_of(extract.account_id, extract.id, extract.date_created))
    if stored is None:
        raise not_found()
    return stored.content


async def erase_extracts(session: AsyncSession, account_id: int) -> None:
    """Have the files of somebody who is erased deleted; the storage may have to be waited for."""
    if await session.scalar(select(GdprExtract.id).where(GdprExtract.account_id == account_id).limit(1)) is not None:
        await ask_for(session, ERASE_EXTRACTS, str(account_id))


async def delete_files(database: Database, partners: Partners, task: Task) -> None:
    for start in starts_of_person(int(task.subject), clock.today()):
        await partners.private_storage.delete_starting(start)
