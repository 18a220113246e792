"""Extracts of a person's data: who may ask, one at a time, complete, and gone after seven days."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.errors import ApiError
from shared.identity import SigningKey
from shared.storage import LocalStorage
from shared.testing.recorders import ClockControl
from users.accounts.actions import lock_account
from users.accounts.models import Account, AccountAction
from users.anonymization.actions import anonymize
from users.anonymization.models import GdprExtract
from users.anonymization.one import NotErasable, erase_one
from users.extracts.actions import delete_files, read_extract, request_extract
from users.extracts.house import House
from users.extracts.jobs import clean, execute_one
from users.extracts.rules import MOST_A_DAY, SECTIONS, on_paper
from users.factories import AdminFactory, BeneficiaryFactory, CheckFactory, DepositFactory
from users.partners import partners_for
from users.permissions.actions import install_roles, set_agent_roles
from users.permissions.rules import AgentRole
from users.settings import Settings
from users.tasks.actions import Task
from users.tasks.models import PartnerTask

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
BOOKING = {"offerName": "Concert <b>", "totalAmount": 1250, "token": "ABC123", "dateCreated": "2026-01-05T10:00:00Z"}
ANSWERS = {
    "bookings": {"bookings": [BOOKING], "wallets": [{"id": 1, "credit": 15000, "spent": 1250}]},
    "offers": {"favorites": [{"offerId": 5, "offerName": "Expo"}], "reminders": [], "reactions": [], "attachments": []},
    "documents": {"messages": [{"kind": "recredit", "channel": "email", "recipient": "a@example.com"}]},
}


class Played:
    """The other services: what they were asked, and whether one of them is away."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.away: str | None = None

    def transport(self, name: str) -> httpx.MockTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            if self.away == name:
                return httpx.Response(503)
            if request.method == "POST":
                return httpx.Response(200, content=b"%PDF-1.7 " + request.content)
            return httpx.Response(200, json=ANSWERS[name])

        return httpx.MockTransport(answer)


@pytest.fixture
def played() -> Played:
    return Played()


@pytest_asyncio.fixture
async def house(settings: Settings, played: Played) -> AsyncIterator[House]:
    async with House(settings, {name: played.transport(name) for name in ANSWERS}) as made:
        yield made


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "private", "")


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


@pytest_asyncio.fixture
async def agent(session: AsyncSession, clock: ClockControl) -> Account:
    """Somebody of the support who may."""
    clock.set(NOW)
    await install_roles(session, seed=True)
    made = await AdminFactory.create(session, email="support@passculture.app")
    await set_agent_roles(session, made.id, [AgentRole.SUPPORT_N2])
    await session.commit()
    return made


async def person(session: AsyncSession) -> Account:
    made = await BeneficiaryFactory.create(session, email="camille@example.com", first_name="Camille")
    await DepositFactory.create(session, account_id=made.id)
    await CheckFactory.create(session, account_id=made.id)
    await session.commit()
    return made


def files(storage: LocalStorage, tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "private").rglob("*.zip"))


async def test_an_extract_is_asked_for_made_and_read(
    session: AsyncSession,
    database: Database,
    agent: Account,
    house: House,
    key: SigningKey,
    storage: LocalStorage,
    played: Played,
) -> None:
    someone = await person(session)
    extract = await request_extract(session, agent.id, someone.id)
    again = await request_extract(session, agent.id, someone.id)
    assert again.id == extract.id
    await session.commit()
    with pytest.raises(ApiError) as early:
        await read_extract(session, storage, agent.id, extract.id)
    assert early.value.status == 404
    assert await execute_one(database, house, key, storage, dry_run=True) == {"would_make": 1}
    assert await execute_one(database, house, key, storage) == {"made": 1, "failed": 0}
    assert await execute_one(database, house, key, storage) == {"made": 0}
    async with database.transaction() as inside:
        content = await read_extract(inside, storage, agent.id, extract.id)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.namelist() == ["camille@example.com.json", "camille@example.com.pdf"]
    data = json.loads(archive.read("camille@example.com.json"))
    assert data["user"]["firstName"] == "Camille"
    assert data["bookings"] == [BOOKING]
    assert data["deposits"][0]["amount"] > 0
    assert {section.path for section in SECTIONS} <= set(data)
    paper = archive.read("camille@example.com.pdf")
    assert b"Concert <b>" in paper
    assert "12,50 €".encode() in paper
    # Everybody was asked with a token of that person alone, of two minutes.
    for request in played.asked:
        claims = json.loads(_claims(request.headers["authorization"]))
        assert (claims["sub"], claims["kind"]) == (str(someone.id), "native")
        assert claims["exp"] - claims["iat"] == 120
    actions = list(await session.scalars(select(AccountAction).where(AccountAction.account_id == someone.id)))
    assert [(action.type, action.author_id) for action in actions] == [("USER_EXTRACT_DATA", agent.id)]


def _claims(header: str) -> bytes:
    body = header.removeprefix("Bearer ").split(".")[1]
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


async def test_only_who_may_asks_and_reads(session: AsyncSession, agent: Account, storage: LocalStorage) -> None:
    someone = await person(session)
    other = await AdminFactory.create(session, email="lecture@passculture.app")
    await set_agent_roles(session, other.id, [AgentRole.READER])
    for asker in (other.id, someone.id):
        with pytest.raises(ApiError) as refused:
            await request_extract(session, asker, someone.id)
        assert refused.value.status == 403
        with pytest.raises(ApiError) as unread:
            await read_extract(session, storage, asker, 1)
        assert unread.value.status == 403
    with pytest.raises(ApiError) as unknown:
        await request_extract(session, agent.id, 999_999)
    assert unknown.value.status == 404
    await anonymize(session, await lock_account(session, someone.id))
    with pytest.raises(ApiError) as nobody:
        await request_extract(session, agent.id, someone.id)
    assert nobody.value.status == 400
    assert not list(await session.scalars(select(GdprExtract)))


@pytest.mark.parametrize("away", ["bookings", "offers", "documents"])
async def test_a_failure_leaves_the_extract_waiting(
    session: AsyncSession,
    database: Database,
    agent: Account,
    house: House,
    key: SigningKey,
    storage: LocalStorage,
    played: Played,
    tmp_path: Path,
    away: str,
) -> None:
    someone = await person(session)
    await request_extract(session, agent.id, someone.id)
    await session.commit()
    played.away = away
    assert await execute_one(database, house, key, storage) == {"made": 0, "failed": 1}
    assert files(storage, tmp_path) == []
    played.away = None
    assert await execute_one(database, house, key, storage) == {"made": 1, "failed": 0}


async def test_ten_a_day_and_none_that_is_over(
    session: AsyncSession,
    database: Database,
    agent: Account,
    house: House,
    key: SigningKey,
    storage: LocalStorage,
    clock: ClockControl,
) -> None:
    someone = await person(session)
    session.add(GdprExtract(account_id=someone.id, author_id=agent.id, date_created=NOW - timedelta(days=7)))
    await session.commit()
    assert await execute_one(database, house, key, storage) == {"made": 0}
    for _ in range(MOST_A_DAY + 1):
        session.add(GdprExtract(account_id=someone.id, author_id=agent.id, date_created=NOW))
    await session.commit()
    made = [await execute_one(database, house, key, storage) for _ in range(MOST_A_DAY + 1)]
    assert [counts["made"] for counts in made] == [1] * MOST_A_DAY + [0]
    clock.set(NOW + timedelta(days=1))
    assert (await execute_one(database, house, key, storage))["made"] == 1


async def test_extracts_are_deleted_after_their_days_and_orphans_with_them(
    session: AsyncSession,
    database: Database,
    agent: Account,
    house: House,
    key: SigningKey,
    storage: LocalStorage,
    clock: ClockControl,
    tmp_path: Path,
) -> None:
    someone = await person(session)
    extract = await request_extract(session, agent.id, someone.id)
    await session.commit()
    await execute_one(database, house, key, storage)
    await storage.put("gdpr_extracts/2026-02-09.5.77.zip", b"PK", "application/zip")
    assert await clean(database, storage) == {"deleted": 0, "files": 1}
    assert len(files(storage, tmp_path)) == 1
    clock.set(NOW + timedelta(days=7))
    async with database.transaction() as inside:
        with pytest.raises(ApiError) as over:
            await read_extract(inside, storage, agent.id, extract.id)
    assert over.value.status == 410
    clock.set(NOW + timedelta(days=8))
    assert await clean(database, storage, dry_run=True) == {"would_delete": 1}
    assert await clean(database, storage) == {"deleted": 1, "files": 1}
    assert await clean(database, storage) == {"deleted": 0, "files": 0}
    assert files(storage, tmp_path) == []


async def test_files_go_with_their_person(
    session: AsyncSession,
    database: Database,
    settings: Settings,
    agent: Account,
    house: House,
    key: SigningKey,
    storage: LocalStorage,
    tmp_path: Path,
) -> None:
    someone, other = await person(session), await BeneficiaryFactory.create(session)
    for account in (someone, other):
        await request_extract(session, agent.id, account.id)
    await session.commit()
    with pytest.raises(NotErasable, match="extract"):
        await erase_one(database, someone.id)
    assert [(await execute_one(database, house, key, storage))["made"] for _ in range(2)] == [1, 1]
    assert await erase_one(database, someone.id) == {"anonymized": 1, "already": 0}
    assert await erase_one(database, someone.id) == {"anonymized": 0, "already": 1}
    async with database.transaction() as inside:
        task = (await inside.scalars(select(PartnerTask).where(PartnerTask.kind == "erase_extracts"))).one()
    partners = partners_for(settings)
    partners.private_storage = storage
    await delete_files(database, partners, Task(1, task.kind, task.subject, {}, 1, NOW))
    await partners.close()
    assert [name.split(".")[1] for name in files(storage, tmp_path)] == [str(other.id)]


def test_paper_lists_what_is_known_in_words() -> None:
    [account, *rest] = on_paper({"user": {"firstName": "Zoé", "lastName": None, "isActive": True, "roles": ["A", "B"]}})
    assert account == {
        "title": "Compte",
        "entries": [
            [
                {"label": "Prénom", "value": "Zoé"},
                {"label": "Rôles", "value": "A · B"},
                {"label": "Compte actif", "value": "oui"},
            ]
        ],
    }
    assert all(section["entries"] == [] for section in rest)
    [booking] = next(section for section in on_paper({"bookings": [BOOKING]}) if section["title"] == "Réservations")[
        "entries"
    ]
    assert {fact["label"]: fact["value"] for fact in booking} == {
        "Offre": "Concert <b>",
        "Prix total": "12,50 €",
        "Contremarque": "ABC123",
        "Réservée le": "05/01/2026 à 10h00 (UTC)",
    }
