"""Démarche Numérique through the simulator: webhooks, imports, orphans, every state of an application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.outbound import PartnerNonsense, PartnerRefused
from shared.testing.flags import FlagControl
from shared.testing.partners import Canned, FakePartner
from shared.testing.recorders import ClockControl, Tokens
from users.accounts.actions import lock_account, mark_email_validated
from users.accounts.models import Account
from users.anonymization.actions import anonymize
from users.deposits.models import Deposit
from users.eligibility.rules import birthday
from users.factories import CheckFactory, YoungFactory
from users.features import Flag
from users.identity.dms.adapter import HttpDms, dms_for
from users.identity.dms.jobs import archive_processed, close_inactive, follow_deletions, import_updated
from users.identity.dms.rules import (
    Application,
    DmsState,
    Field,
    Message,
    checksum,
    content_of,
    is_inactive,
    is_urgent,
    parse_date,
    read_fields,
    was_never_eligible,
)
from users.identity.models import OrphanApplication
from users.partners import SIMULATED_TOKEN, Partners
from users.settings import Settings
from users.simulators.store import SimulatorStore
from users.subscription.models import SubscriptionCheck
from users.tasks.loop import work_off
from users.tasks.models import PartnerTask

from .mailbox import Mailbox

BORN = date(2008, 1, 1)
WEBHOOK = "/webhooks/dms/application_status"


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


class Desk:
    """The applicant and the instructor at Démarche Numérique, and our worker."""

    def __init__(
        self, client: httpx.AsyncClient, database: Database, partners: Partners, redis: Any, email: str
    ) -> None:
        self.client, self.database, self.partners = client, database, partners
        self.store, self.email, self.number = SimulatorStore(redis), email, 0

    async def says(self, state: str, **changes: str) -> None:
        """Save the application in a state, and let the worker do what follows."""
        said = {
            "email": self.email,
            "first_name": "Zoé",
            "last_name": "Lévy",
            "civility": "Mme",
            "birth_date": BORN.strftime("%d/%m/%Y"),
            "id_number": "123456789",
            "postal_code": "93 000",
            "city": "Bobigny",
            "address": "1 rue de la Paix",
            "activity": "Lycéen",
            "procedure": "fr",
            "tell": "yes",
            "state": state,
            **changes,
        }
        where = f"/simulators/dms/{self.number}" if self.number else "/simulators/dms/new"
        answer = await self.client.post(where, data=said)
        self.number = int(answer.headers["location"].rpartition("/")[2])
        await self.work()

    async def work(self) -> None:
        await work_off(self.database, self.partners)

    async def record(self) -> dict[str, Any]:
        return await self.store.get("dms", str(self.number)) or {}

    async def messages(self) -> list[str]:
        return [message["body"] for message in (await self.record())["messages"]]

    async def checks(self, kind: str = "dms") -> list[SubscriptionCheck]:
        async with self.database.transaction() as session:
            rows = await session.scalars(
                select(SubscriptionCheck).where(SubscriptionCheck.type == kind).order_by(SubscriptionCheck.id)
            )
            return list(rows)

    async def outcome(self) -> tuple[str | None, list[str] | None]:
        (check,) = await self.checks()
        return check.status, check.reason_codes


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(
        session, email="zoe@example.com", date_of_birth=BORN, validated_birth_date=None, first_name="", last_name=""
    )
    await session.commit()
    return account


@pytest.fixture
async def desk(client: httpx.AsyncClient, database: Database, partners: Partners, redis: Any, young: Account) -> Desk:
    return Desk(client, database, partners, redis, "Zoe@Example.com ")


async def test_an_accepted_application_gives_the_credit(
    desk: Desk, session: AsyncSession, young: Account, mailbox: Mailbox
) -> None:
    await desk.says("en_construction")
    assert await desk.outcome() == ("started", None)
    await desk.says("en_instruction")
    assert await desk.outcome() == ("pending", None)
    await desk.says("accepte")
    assert await desk.outcome() == ("ok", None)
    await session.refresh(young)
    assert (young.roles, young.city, young.postal_code, young.department_code) == (
        ["BENEFICIARY"],
        "Bobigny",
        "93000",
        "93",
    )
    assert (young.validated_birth_date, young.civility, young.activity) == (BORN, "Mme", "Lycéen")
    assert await session.scalar(select(Deposit.amount_cents)) == 150_00
    assert await mailbox.kinds() == ["accepted_as_beneficiary_v3"]
    assert [len(await desk.checks(kind)) for kind in ("honor_statement", "profile_completion")] == [1, 1]


async def test_the_same_news_twice(desk: Desk, mailbox: Mailbox) -> None:
    await desk.says("accepte", tell="twice")
    await desk.says("accepte")
    await desk.says("refuse")
    assert await desk.outcome() == ("ok", None)
    assert len(await mailbox.kinds()) == 1
    assert len(await desk.checks("honor_statement")) == 1


@pytest.mark.parametrize(
    ("state", "outcome"), [("refuse", ("ko", ["refused_by_operator"])), ("sans_suite", ("canceled", None))]
)
async def test_other_ends(desk: Desk, state: str, outcome: tuple[str, list[str] | None]) -> None:
    await desk.says("en_instruction")
    await desk.says(state)
    assert await desk.outcome() == outcome


async def test_a_city_that_is_missing(desk: Desk, session: AsyncSession, young: Account, mailbox: Mailbox) -> None:
    await desk.says("accepte", city="")
    assert await desk.outcome() == ("ok", None)
    await session.refresh(young)
    assert young.roles == []
    assert await mailbox.kinds() == ["complete_subscription_after_dms"]


async def test_errors_in_a_draft_are_told_once(desk: Desk) -> None:
    await desk.says("en_construction", postal_code="Bobigny", birth_date="hier")
    assert await desk.outcome() == ("started", ["error_in_data"])
    (text,) = await desk.messages()
    assert "code postal" in text
    assert "date de naissance" in text
    await desk.says("en_construction", postal_code="Bobigny", birth_date="hier")
    assert len(await desk.messages()) == 1
    await desk.says("en_construction")
    assert await desk.outcome() == ("started", None)


async def test_an_age_without_a_right(desk: Desk) -> None:
    await desk.says("en_construction", birth_date="1 janvier 1990")
    assert await desk.outcome() == ("started", ["age_is_not_valid"])
    assert "âge" in (await desk.messages())[0]
    await desk.says("en_instruction", birth_date="1 janvier 1990")
    assert await desk.outcome() == ("pending", ["age_is_not_valid"])
    assert len(await desk.messages()) == 1


async def test_errors_in_an_accepted_one_are_mailed(desk: Desk, mailbox: Mailbox) -> None:
    await desk.says("accepte", id_number="12")
    assert await desk.outcome() == ("error", ["error_in_data"])
    mail = await mailbox.last("pre_subscription_dms_error_to_beneficiary")
    assert mail["parameters"]["DMS_ERRORS"] == [{"name": "le numéro de ta pièce d'identité", "value": "12"}]


async def test_foreign_documents_have_any_number(desk: Desk) -> None:
    await desk.says("accepte", id_number="X-12", procedure="et")
    assert await desk.outcome() == ("ok", None)


async def test_too_late_for_automation(
    desk: Desk, session: AsyncSession, young: Account, clock: ClockControl, mailbox: Mailbox
) -> None:
    """Begun at 18 in the app, applied at 19: a human decides."""
    await CheckFactory.create(
        session,
        account_id=young.id,
        type="profile_completion",
        date_created=datetime(2026, 2, 1, tzinfo=UTC),
        content={"city": "x"},
    )
    await session.commit()
    clock.set(datetime(2027, 2, 10, tzinfo=UTC))
    await desk.says("accepte")
    assert await desk.outcome() == ("ok", None)
    assert await session.scalar(select(func.count()).select_from(Deposit)) == 0
    assert (await mailbox.last("fraud_manual_review"))["recipient"] == "equipe-fraude@example.com"


async def test_nobody_at_any_time(desk: Desk, clock: ClockControl) -> None:
    clock.set(datetime(2027, 2, 10, tzinfo=UTC))
    await desk.says("accepte")
    assert await desk.outcome() == ("ko", ["not_eligible"])


async def test_an_orphan_is_adopted(desk: Desk, session: AsyncSession, mailbox: Mailbox, clock: ClockControl) -> None:
    desk.email = "new@example.com"
    await desk.says("en_construction")
    assert await desk.checks() == []
    assert len(await desk.messages()) == 1
    clock.advance(minutes=1)
    await desk.says("accepte")
    assert (await mailbox.last("create_account_after_dms"))["recipient"] == "new@example.com"
    await desk.says("accepte", tell="twice")
    account = await YoungFactory.create(
        session, email="new@example.com", date_of_birth=BORN, validated_birth_date=None, is_email_validated=False
    )
    await session.commit()
    async with desk.database.transaction() as own:
        await mark_email_validated(own, await lock_account(own, account.id))
    await desk.work()
    assert await desk.outcome() == ("ok", None)
    await session.refresh(account)
    assert account.roles == ["BENEFICIARY"]
    assert await session.scalar(select(OrphanApplication)) is None


async def test_an_urgent_one_is_labelled(desk: Desk, clock: ClockControl) -> None:
    clock.set(datetime(2026, 12, 29, tzinfo=UTC))
    await desk.says("en_instruction")
    assert [label["name"] for label in (await desk.record())["labels"]] == ["Urgent"]


async def test_an_instructors_note_refuses(desk: Desk, flags: FlagControl) -> None:
    await desk.says("en_instruction", annotation="NEL : non éligible")
    assert (await desk.record())["state"] == "en_instruction"
    await flags.turn(Flag.ENABLE_DS_APPLICATION_REFUSED_FROM_ANNOTATION, active=True)
    await desk.says("en_construction", annotation="IDP")
    assert (await desk.record())["state"] == "refuse"


@pytest.mark.parametrize(
    ("path", "status"),
    [(WEBHOOK, 401), (f"{WEBHOOK}?token=", 401), (f"{WEBHOOK}?token=x", 403), (f"{WEBHOOK}?token=%C3%A9", 403)],
)
async def test_nobody_else_is_heard(
    client: httpx.AsyncClient, partners: Partners, session: AsyncSession, path: str, status: int
) -> None:
    answer = await client.post(path, data={"dossier_id": "1"})
    assert answer.status_code == status
    assert list(answer.json()) == ["token"]
    assert await session.scalar(select(PartnerTask)) is None


@pytest.mark.parametrize("number", ["", "x", "-1", "0", "9" * 40, "1\x00", "١٢", "3000000000"])
async def test_nonsense_is_answered_quietly(
    client: httpx.AsyncClient, partners: Partners, session: AsyncSession, number: str
) -> None:
    answer = await client.post(f"{WEBHOOK}?token={SIMULATED_TOKEN}", data={"dossier_id": number})
    assert answer.status_code == 204
    assert await session.scalar(select(PartnerTask)) is None


async def test_an_application_that_nobody_knows(client: httpx.AsyncClient, desk: Desk, session: AsyncSession) -> None:
    answer = await client.post(f"{WEBHOOK}?token={SIMULATED_TOKEN}", data={"dossier_id": "17"})
    assert answer.status_code == 204
    await desk.work()
    assert await session.scalar(select(PartnerTask)) is None


async def test_an_erased_person(desk: Desk, young: Account) -> None:
    await desk.says("en_instruction")
    async with desk.database.transaction() as own:
        await anonymize(own, await lock_account(own, young.id))
    await desk.says("accepte")
    (check,) = await desk.checks()
    assert (check.status, check.content) == ("pending", None)


async def test_the_import_finds_what_no_webhook_told(desk: Desk, clock: ClockControl) -> None:
    await desk.says("en_instruction", tell="no")
    assert await desk.checks() == []
    assert await import_updated(desk.database, desk.partners, dry_run=True) == {"followed": 1, "failed": 0}
    assert await desk.checks() == []
    assert await import_updated(desk.database, desk.partners) == {"followed": 1, "failed": 0}
    assert await desk.outcome() == ("pending", None)
    clock.advance(minutes=11)
    await import_updated(desk.database, desk.partners)
    clock.advance(minutes=11)
    assert await import_updated(desk.database, desk.partners) == {"followed": 0, "failed": 0}
    await desk.says("refuse", tell="forged")
    assert await desk.outcome() == ("pending", None)
    assert await import_updated(desk.database, desk.partners) == {"followed": 1, "failed": 0}
    assert await desk.outcome() == ("ko", ["refused_by_operator"])


async def test_deleted_inactive_and_archived(desk: Desk, clock: ClockControl) -> None:
    await desk.says("en_construction", postal_code="x")
    clock.advance(days=31)
    assert await close_inactive(desk.database, desk.partners, dry_run=True) == {"closed": 1, "failed": 0}
    assert await close_inactive(desk.database, desk.partners, only_never_eligible=True) == {"closed": 0, "failed": 0}
    assert await close_inactive(desk.database, desk.partners) == {"closed": 1, "failed": 0}
    assert (await desk.record())["state"] == "sans_suite"
    clock.advance(days=31)
    assert await archive_processed(desk.database, desk.partners) == {"archived": 1, "failed": 0}
    assert await archive_processed(desk.database, desk.partners) == {"archived": 0, "failed": 0}
    await desk.says("deleted", tell="no")
    assert await follow_deletions(desk.database, desk.partners) == {"cancelled": 1, "seen": 1}
    assert await follow_deletions(desk.database, desk.partners) == {"cancelled": 0, "seen": 1}
    (check,) = await desk.checks()
    assert check.status == "canceled"
    assert check.content is not None
    assert "deletion_datetime" in check.content


async def test_the_pages(desk: Desk, tokens: Tokens) -> None:
    await desk.says("en_construction")
    for path in ("/simulators/dms", f"/simulators/dms/{desk.number}"):
        assert (await desk.client.get(path)).status_code == 200
    assert (await desk.client.get("/simulators/dms/1")).status_code == 404
    assert (await desk.client.post("/simulators/dms/1", data={})).status_code == 404


# Rules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01/02/2008", date(2008, 2, 1)),
        ("1-2-2008", date(2008, 2, 1)),
        ("01 02 2008", date(2008, 2, 1)),
        ("2008-02-01", date(2008, 2, 1)),
        ("1er février 2008", date(2008, 2, 1)),
        ("vendredi 1 FÉVRIER 2008", date(2008, 2, 1)),
        ("3 août 2007", date(2007, 8, 3)),
        ("31/02/2008", None),
        ("2008", None),
        ("", None),
        ("٠١/٠٢/٢٠٠٨", None),
        ("1" * 1_000, None),
    ],
)
def test_french_dates(text: str, expected: date | None) -> None:
    assert parse_date(text) == expected


@given(st.text(max_size=30))
@settings(max_examples=200)
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert parse_date(text) is None or isinstance(parse_date(text), date)


@given(
    st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d %m %Y"])
)
@settings(max_examples=100)
def test_dates_are_read_as_written(day: date, form: str) -> None:
    assert parse_date(day.strftime(form)) == day


NOW = datetime(2026, 2, 10, tzinfo=UTC)


def application(**values: Any) -> Application:
    given = {"id": "i", "number": 1, "procedure": 1, "state": DmsState.DRAFT, "email": "a@example.com"}
    names = {"first_name": "Zoé", "last_name": "Lévy", "drafted_at": NOW, "modified_at": NOW}
    return Application(**{**given, **names, **values})


def test_who_spoke_last() -> None:
    after, old = timedelta(days=30), NOW - timedelta(days=40)
    theirs, ours = Message(old, "A@example.com"), Message(old, "instructeur@example.com")
    assert is_inactive(application(modified_at=old, messages=(ours,)), NOW, after)
    assert not is_inactive(application(modified_at=old, messages=(theirs,)), NOW, after)
    assert not is_inactive(application(modified_at=old), NOW, after)
    assert not is_inactive(application(messages=(ours,)), NOW, after)
    assert not is_inactive(application(modified_at=old, messages=(ours,), state=DmsState.ON_GOING), NOW, after)


@given(st.dates(date(2004, 1, 1), date(2012, 12, 31)), st.integers(-30, 30))
@settings(max_examples=100)
def test_urgent_is_the_last_week(born: date, days: int) -> None:
    today = birthday(born, 19) - timedelta(days=days)
    assert is_urgent(born, today) == (1 <= days <= 7)


def test_who_was_never_eligible() -> None:
    def read(born: str) -> Any:
        return read_fields(application(fields=(Field("Date de naissance", born),)), foreign=False)

    assert was_never_eligible(read("01/01/2000"), "75")
    assert not was_never_eligible(read("01/01/2000"), "93")
    assert not was_never_eligible(read("01/01/2004"), "75")
    assert not was_never_eligible(read("?"), "75")
    assert not was_never_eligible(read("01/01/2000"), None)


def test_a_checksum_is_of_what_is_said() -> None:
    one = application(fields=(Field("Ville de résidence", "Brest"),))
    later = application(fields=(Field("Ville de résidence", "Brest"),), modified_at=NOW + timedelta(days=1))
    other = application(fields=(Field("Ville de résidence", "Lille"),))
    sums = [checksum(content_of(item, read_fields(item, foreign=False))) for item in (one, later, other)]
    assert sums[0] == sums[1] != sums[2]


# The API as it was seen


@pytest.fixture
async def server() -> AsyncIterator[FakePartner]:
    async with FakePartner() as running:
        yield running


@pytest.fixture
async def api(server: FakePartner, settings: Settings) -> AsyncIterator[HttpDms]:
    changes = {"dms_url": f"{server.url}/api/v2/graphql", "dms_token": "token", "dms_instructor_id": "SW5z"}
    made = dms_for(Settings.model_validate({**settings.model_dump(), **changes}))
    yield made
    await made.close()


NODE = {
    "id": "RG9zc2llci00",
    "number": 4,
    "state": "accepte",
    "dateDerniereModification": "2024-01-02T10:00:00+01:00",
    "dateDerniereModificationChamps": None,
    "datePassageEnConstruction": "2024-01-01T10:00:00+01:00",
    "dateTraitement": "2024-01-03T10:00:00+01:00",
    "demarche": {"number": 47380},
    "usager": {"email": "a@example.com"},
    "demandeur": {"civilite": "Mme", "nom": " LÉVY", "prenom": "Zoé", "email": "z@example.com"},
    "champs": [{"label": "Quelle est ta date de naissance ?", "stringValue": "01/01/2006"}],
    "annotations": [{"label": "AN_001", "stringValue": "NEL", "updatedAt": "2024-01-02T10:00:00+01:00"}],
    "messages": [{"createdAt": "2024-01-02T10:00:00+01:00", "email": "contact@example.com"}],
    "labels": [{"id": "l", "name": "Urgent"}],
}


async def test_one_application(server: FakePartner, api: HttpDms) -> None:
    server.answers.append(Canned.json({"data": {"dossier": NODE}}))
    found = await api.application(4)
    assert (found.contact, found.state, found.last_name, found.civility) == (
        "z@example.com",
        DmsState.ACCEPTED,
        "LÉVY",
        "Mme",
    )
    assert found.drafted_at == datetime(2024, 1, 1, 9, tzinfo=UTC)
    assert found.labels == ("Urgent",)
    (asked,) = server.requests
    assert (asked.method, asked.target, asked.headers["authorization"]) == ("POST", "/api/v2/graphql", "Bearer token")
    assert asked.json()["variables"] == {"number": 4}


async def test_pages_follow_each_other(server: FakePartner, api: HttpDms) -> None:
    def page(cursor: str | None, more: bool) -> Canned:
        info = {"endCursor": cursor, "hasNextPage": more}
        return Canned.json({"data": {"demarche": {"dossiers": {"pageInfo": info, "nodes": [NODE]}}}})

    server.answers += [page("c1", True), page("c2", False)]
    found = [item.number async for item in api.applications(47380, since=NOW, state=DmsState.DRAFT)]
    assert found == [4, 4]
    assert [asked.json()["variables"]["after"] for asked in server.requests] == [None, "c1"]


async def test_other_shapes_and_refusals(server: FakePartner, api: HttpDms) -> None:
    server.answers += [
        Canned.json({"data": None, "errors": [{"message": "Dossier not found"}]}),
        Canned.json({"data": {"dossier": {**NODE, "state": "new"}}}),
        Canned(200, b"<html>"),
        Canned.json([]),
        Canned.json({"data": {"dossierArchiver": {"errors": [{"message": "déjà archivé"}]}}}),
        Canned.json({"data": {"dossierArchiver": {"errors": None}}}),
    ]
    with pytest.raises(PartnerRefused):
        await api.application(4)
    for _ in range(3):
        with pytest.raises(PartnerNonsense):
            await api.application(4)
    with pytest.raises(PartnerRefused):
        await api.archive("x")
    await api.archive("x")
    assert server.requests[-1].json()["variables"]["input"] == {"dossierId": "x", "instructeurId": "SW5z"}
