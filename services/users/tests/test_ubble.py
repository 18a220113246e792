"""Ubble from the app's button to the credit, through the simulator; webhooks that are hostile, late or repeated."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA512
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock as clock_module
from shared.database import Database
from shared.testing.recorders import ClockControl, Tokens
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.anonymization.actions import anonymize
from users.deposits.models import Deposit
from users.eligibility.rules import birthday
from users.factories import CheckFactory, YoungFactory
from users.identity.ubble.jobs import refresh_stale
from users.identity.ubble.pictures import archive_past
from users.partners import Partners
from users.simulators.ubble import signature_of
from users.subscription.models import SubscriptionCheck
from users.tasks.loop import work_off
from users.tasks.models import PartnerTask

from .mailbox import Mailbox

BACK = "http://localhost:8082/verification-identite/fin"
WEBHOOK = "/webhooks/ubble/v2/application_status"


@pytest.fixture
def settings_overrides(settings_overrides: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    return {**settings_overrides, "private_storage_directory": str(tmp_path / "private")}


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


async def candidate(session: AsyncSession, age: int = 17, **values: Any) -> Account:
    """Somebody whose next step is their identity."""
    account = await YoungFactory.create(session, age=age, validated_birth_date=None, **values)
    await CheckFactory.create(
        session,
        account_id=account.id,
        type="profile_completion",
        third_party_id=f"profile-completion-{account.id}",
        eligibility_type="free" if age < 17 else "age-17-18",
        content={"first_name": "Zoé", "last_name": "Lévy", "city": "Bobigny"},
    )
    await session.commit()
    return account


class Journey:
    """One person, the app, Ubble's page and the worker."""

    def __init__(
        self, client: httpx.AsyncClient, database: Database, partners: Partners, account: Account, tokens: Tokens
    ) -> None:
        self.client, self.database, self.partners = client, database, partners
        self.account, self._tokens = account, tokens
        self.id = ""

    @property
    def headers(self) -> dict[str, str]:
        return self._tokens.native(self.account.id)

    async def start(self, redirect_url: str = BACK) -> httpx.Response:
        body = {"redirectUrl": redirect_url}
        answer = await self.client.post("/native/v1/ubble_identification", json=body, headers=self.headers)
        if answer.status_code == 200:
            self.id = answer.json()["identificationUrl"].rpartition("/")[2]
        return answer

    async def concludes(self, outcome: str, *, work: bool = True, **changes: str) -> httpx.Response:
        born = self.account.birth_date
        said = {
            "outcome": outcome,
            "first_names": "Zoé, Anne",
            "last_name": "Lévy",
            "birth_date": born.isoformat() if born else "",
            "document_number": "12 34-56789",
            "gender": "F",
            "telling": "once",
            **changes,
        }
        answer = await self.client.post(f"/simulators/ubble/page/{self.id}", data=said)
        if work:
            await self.work()
        return answer

    async def work(self) -> int:
        return await work_off(self.database, self.partners)

    async def signs(self) -> None:
        await self.client.post("/native/v1/subscription/honor_statement", headers=self.headers)

    async def stepper(self) -> dict[str, Any]:
        return (await self.client.get("/native/v2/subscription/stepper", headers=self.headers)).json()

    async def checks(self) -> list[SubscriptionCheck]:
        async with self.database.transaction() as session:
            rows = await session.scalars(
                select(SubscriptionCheck)
                .where(SubscriptionCheck.account_id == self.account.id, SubscriptionCheck.type == "ubble")
                .order_by(SubscriptionCheck.id)
            )
            return list(rows)

    async def seen(self) -> Account:
        async with self.database.transaction() as session:
            return await session.get_one(Account, self.account.id)

    async def deposits(self) -> list[tuple[str, int]]:
        async with self.database.transaction() as session:
            rows = await session.scalars(select(Deposit).where(Deposit.account_id == self.account.id))
            return [(row.type, row.amount_cents) for row in rows]


@pytest.fixture
async def young(
    client: httpx.AsyncClient, database: Database, partners: Partners, session: AsyncSession, tokens: Tokens
) -> Journey:
    return Journey(client, database, partners, await candidate(session), tokens)


async def test_from_the_button_to_the_credit(young: Journey, mailbox: Mailbox) -> None:
    assert (await young.start()).status_code == 200
    assert (await young.stepper())["nextSubscriptionStep"] == "identity-check"
    back = await young.concludes("approved")
    assert back.headers["location"] == f"{BACK}?identification_id={young.id}"
    (check,) = await young.checks()
    assert (check.status, check.reason_codes, check.third_party_id) == ("ok", None, young.id)
    assert check.content is not None
    assert (check.content["first_name"], check.content["gender"]) == ("Zoé", "Mme")
    assert (await young.stepper())["nextSubscriptionStep"] == "honor-statement"
    await young.signs()
    account = await young.seen()
    assert account.roles == ["UNDERAGE_BENEFICIARY"]
    assert (account.first_name, account.civility, account.id_piece_number) == ("Zoé", "Mme", "123456789")
    assert account.validated_birth_date == account.date_of_birth
    assert await young.deposits() == [("GRANT_17_18", 50_00)]
    assert await mailbox.kinds() == ["accepted_as_beneficiary_v3"]


async def test_the_statement_may_come_first(young: Journey) -> None:
    await young.start()
    await young.concludes("checks_in_progress")
    assert (await young.stepper())["hasIdentityCheckPending"]
    await young.signs()
    assert await young.deposits() == []
    await young.concludes("approved")
    assert await young.deposits() == [("GRANT_17_18", 50_00)]


async def test_pictures_are_kept_in_private(young: Journey, settings: Any, session: AsyncSession) -> None:
    await young.start()
    await young.concludes("approved")
    (check,) = await young.checks()
    assert check.id_pictures_stored is True
    folder = Path(settings.private_storage_directory) / "id_pictures"
    names = sorted(path.name for path in folder.iterdir() if not path.name.endswith(".type"))
    assert names == [f"{young.account.id}-{young.id}-back.png", f"{young.account.id}-{young.id}-front.png"]


async def test_an_expired_picture_is_asked_for_again(young: Journey, session: AsyncSession) -> None:
    await young.start()
    await young.concludes("approved", work=False)
    check = await session.scalar(select(SubscriptionCheck).where(SubscriptionCheck.type == "ubble"))
    assert check is not None
    base = "http://127.0.0.1:9/simulators/ubble/picture/front.png?expired=true"
    check.status, check.content = "ok", {"signed_image_front_url": base}
    await session.commit()
    path = "/webhooks/ubble/store_id_pictures"
    answer = await young.client.post(path, json={"identification_id": young.id})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    await session.refresh(check)
    assert check.id_pictures_stored is True
    assert await archive_past(young.database, young.partners.ubble, young.partners.private_storage) == {
        "archived": 0,
        "failed": 0,
    }


async def test_pictures_of_nobody(young: Journey) -> None:
    path = "/webhooks/ubble/store_id_pictures"
    assert (await young.client.post(path, json={"identification_id": "idv_x"})).status_code == 404
    assert (await young.client.post(path, content=b"[")).status_code == 400
    await young.start()
    assert (await young.client.post(path, json={"identification_id": young.id})).status_code == 422


@pytest.mark.parametrize(
    ("outcome", "status", "code", "mail"),
    [
        ("retry_61201", "suspiscious", "network_connection_issue", "unreadable_document"),
        ("retry_61301", "suspiscious", "blurry_video", "unreadable_document"),
        ("retry_61313", "suspiscious", "lack_of_luminosity", "unreadable_document"),
        ("retry_61901", "suspiscious", "ubble_internal_error", "unreadable_document"),
        ("retry_62101", "suspiscious", "id_check_expired", "invalid_document"),
        ("retry_62102", "suspiscious", "id_check_not_supported", "foreign_document"),
        ("retry_62103", "suspiscious", "document_damaged", "unreadable_document"),
        ("declined_62201", "ko", "id_check_not_authentic", "not_authentic_document"),
        ("declined_62304", "ko", "not_document_owner", "unreadable_document"),
        ("declined_62401", "ko", "id_check_data_match", "information"),
        ("declined_99999", "ko", "id_check_blocked_other", "unreadable_document"),
    ],
)
async def test_every_reason_has_its_code_and_its_mail(
    young: Journey, mailbox: Mailbox, outcome: str, status: str, code: str, mail: str
) -> None:
    await young.start()
    await young.concludes(outcome)
    (check,) = await young.checks()
    assert check.status == status
    assert check.reason_codes is not None
    assert code in check.reason_codes
    assert await mailbox.kinds() == [f"subscription_{mail}_error"]
    assert (await young.stepper())["nextSubscriptionStep"] == (
        None if code == "id_check_data_match" else "identity-check"
    )


@pytest.mark.parametrize("outcome", ["inconclusive", "aborted", "expired"])
async def test_an_identification_that_came_to_nothing(young: Journey, mailbox: Mailbox, outcome: str) -> None:
    await young.start()
    await young.concludes(outcome)
    (check,) = await young.checks()
    assert check.status == "canceled"
    assert await mailbox.kinds() == []
    former = young.id
    assert (await young.start()).status_code == 200
    assert young.id != former


async def test_three_tries_and_no_more(young: Journey) -> None:
    for number in range(3):
        assert (await young.start()).status_code == 200, number
        await young.concludes("retry_61301")
    refused = await young.start()
    assert (refused.status_code, refused.json()["code"]) == (400, "IDCHECK_ALREADY_PROCESSED")
    checks = await young.checks()
    assert [check.status for check in checks] == ["suspiscious"] * 3
    assert [check.third_party_id.startswith("deprecated-") for check in checks] == [True, True, False]
    assert len({check.third_party_id.removeprefix("deprecated-") for check in checks}) == 1


async def test_a_second_click_leads_to_the_same_page(young: Journey, clock: ClockControl) -> None:
    first = (await young.start()).json()
    assert (await young.start()).json() == first
    clock.advance(minutes=20)
    assert (await young.start()).status_code == 200
    assert len(await young.checks()) == 1


async def test_a_new_try_that_succeeds(young: Journey) -> None:
    await young.start()
    await young.concludes("retry_61301")
    await young.start()
    await young.concludes("approved")
    assert [check.status for check in await young.checks()] == ["suspiscious", "ok"]


async def test_ubble_knows_more_than_we_do(young: Journey, clock: ClockControl) -> None:
    await young.start()
    await young.concludes("approved", telling="never")
    clock.advance(minutes=20)
    answer = await young.start()
    assert (answer.status_code, answer.json()["code"]) == (500, "IDCHECK_SERVICE_ERROR")
    await young.work()
    assert [check.status for check in await young.checks()] == ["ok"]


@pytest.mark.parametrize(("mode", "status", "code"), [("down", 503, "UNAVAILABLE"), ("busy", 503, "UNAVAILABLE")])
async def test_ubble_is_away(young: Journey, mode: str, status: int, code: str) -> None:
    await young.client.post("/simulators/ubble/mode", data={"mode": mode})
    answer = await young.start()
    assert (answer.status_code, answer.json()["code"]) == (status, f"IDCHECK_SERVICE_{code}")
    assert await young.checks() == []


async def test_ubble_is_away_when_the_worker_asks(young: Journey, session: AsyncSession, clock: ClockControl) -> None:
    await young.start()
    await young.concludes("approved", work=False)
    await young.client.post("/simulators/ubble/mode", data={"mode": "down"})
    await young.work()
    assert [check.status for check in await young.checks()] == ["started"]
    task = await session.scalar(select(PartnerTask))
    assert task is not None
    assert (task.attempts, task.failed_at) == (1, None)
    assert task.due_at > clock_module.now()
    await young.client.post("/simulators/ubble/mode", data={"mode": "up"})
    young.partners.ubble._api.breaker.succeeded()  # type: ignore[attr-defined]
    clock.advance(minutes=5)
    await young.work()
    assert [check.status for check in await young.checks()] == ["ok"]


@pytest.mark.parametrize("telling", ["unsigned", "forged", "never"])
async def test_nobody_else_is_believed(young: Journey, session: AsyncSession, telling: str) -> None:
    await young.start()
    await young.concludes("approved", telling=telling)
    assert [check.status for check in await young.checks()] == ["started"]
    assert await session.scalar(select(PartnerTask)) is None


async def test_a_message_twice(young: Journey, mailbox: Mailbox) -> None:
    await young.start()
    await young.concludes("declined_62201", telling="twice")
    assert len(await mailbox.kinds()) == 1


def message(identification_id: Any, status: Any = "approved") -> bytes:
    return orjson.dumps({"data": {"identity_verification_id": identification_id, "status": status}})


async def tell(young: Journey, body: bytes, header: str | None = None) -> httpx.Response:
    signed = header or await signature_of(young.partners, body, datetime.now(UTC))
    return await young.client.post(WEBHOOK, content=body, headers={"Cko-Signature": signed})


async def test_a_replay_changes_nothing(young: Journey, session: AsyncSession) -> None:
    await young.start()
    await young.concludes("approved")
    for status in ("declined", "checks_in_progress", "pending"):
        answer = await tell(young, message(young.id, status))
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert await session.scalar(select(PartnerTask)) is None
    assert [check.status for check in await young.checks()] == ["ok"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"data": 3}',
        message(None),
        message(17),
        message("idv_\x00"),
        message("idv_unknown"),
        message("idv_unknown", "wonderful"),
        message("x" * 10_000),
    ],
)
async def test_signed_nonsense_is_answered_quietly(young: Journey, session: AsyncSession, body: bytes) -> None:
    answer = await tell(young, body)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert await session.scalar(select(PartnerTask)) is None


async def test_signatures_that_are_none(young: Journey) -> None:
    body = message("idv_x")
    assert (await young.client.post(WEBHOOK, content=body)).status_code == 401
    theirs = ec.generate_private_key(ec.SECP256R1())
    forged = b64encode(theirs.sign(b"1:" + body, ec.ECDSA(SHA512()))).decode()
    good = await signature_of(young.partners, body, datetime.now(UTC))
    timestamp, version, signature = good.split(":")
    for header in (
        "x",
        "::",
        "a:b:c:d",
        f"1:v:{forged}",
        f"{float(timestamp) + 1}:{version}:{signature}",
        f"{timestamp}:{version}:{signature[:-4]}",
        f"{timestamp}:{version}:é",
        "9" * 100_000,
    ):
        answer = await young.client.post(WEBHOOK, content=body, headers={"Cko-Signature": header.encode()})
        assert answer.status_code == 403, header[:40]


async def test_a_person_who_was_erased_meanwhile(young: Journey, session: AsyncSession) -> None:
    await young.start()
    await young.concludes("approved", work=False)
    async with young.database.transaction() as own:
        await anonymize(own, await lock_account(own, young.account.id))
    await young.work()
    (check,) = await young.checks()
    assert (check.status, check.content) == ("started", None)
    assert (await tell(young, message(young.id))).status_code == 200


async def test_a_closed_account_gets_no_credit(young: Journey, session: AsyncSession, mailbox: Mailbox) -> None:
    await young.start()
    await young.signs()
    account = await session.get_one(Account, young.account.id)
    account.is_active = False
    await session.commit()
    await young.concludes("approved")
    assert await young.deposits() == []
    assert await mailbox.kinds() == []


async def test_older_than_was_said(young: Journey) -> None:
    """Declared 17, proven 18: the same right, and the amount of 18."""
    await young.start()
    born = birthday(date(2026, 1, 1), -18)
    await young.signs()
    await young.concludes("approved", birth_date=born.isoformat())
    account = await young.seen()
    assert account.validated_birth_date == born
    assert (await young.stepper())["nextSubscriptionStep"] in ("profile-completion", None)


async def test_a_declared_right_that_was_another(
    client: httpx.AsyncClient, database: Database, partners: Partners, session: AsyncSession, tokens: Tokens
) -> None:
    """Declared 17, proven 16: profile and check move to the free credit, what was declared stays cancelled."""
    account = await candidate(session, 17)
    young = Journey(client, database, partners, account, tokens)
    await young.start()
    born = birthday(date(2026, 1, 1), -16)
    await young.concludes("approved", birth_date=born.isoformat())
    former, moved = await young.checks()
    assert (former.status, former.reason_codes) == ("canceled", ["eligibility_changed"])
    assert former.third_party_id == f"deprecated-{moved.third_party_id}"
    assert (moved.status, moved.eligibility_type) == ("ok", "free")
    assert (await young.seen()).roles == ["FREE_BENEFICIARY"]


@pytest.mark.parametrize(("years", "code"), [(14, "age_too_young"), (19, "age_too_old"), (30, "age_too_old")])
async def test_an_age_without_a_right(young: Journey, mailbox: Mailbox, years: int, code: str) -> None:
    await young.start()
    await young.concludes("approved", birth_date=birthday(date(2026, 1, 1), -years).isoformat())
    (check,) = await young.checks()
    assert check.status == "ko"
    assert check.reason_codes is not None
    assert code in check.reason_codes
    assert await mailbox.kinds() == []
    assert (await young.stepper())["nextSubscriptionStep"] is None


@pytest.mark.parametrize(
    ("said", "code", "status"),
    [
        ({"first_names": ""}, "missing_required_data", "suspiscious"),
        ({"birth_date": ""}, "missing_required_data", "suspiscious"),
        ({"document_number": ""}, "empty_id_piece_number", "suspiscious"),
        ({"document_number": "12"}, "invalid_id_piece_number", "suspiscious"),
        ({"last_name": "Иванов"}, "name_incorrect", "ko"),
    ],
)
async def test_what_an_approved_document_lacks(young: Journey, said: dict[str, str], code: str, status: str) -> None:
    await young.start()
    if "first_names" in said:
        said = {**said, "last_name": ""}
    await young.concludes("approved", **said)
    (check,) = await young.checks()
    assert check.status == status
    assert check.reason_codes is not None
    assert code in check.reason_codes


async def test_who_may_not_begin(
    client: httpx.AsyncClient, database: Database, partners: Partners, session: AsyncSession, tokens: Tokens
) -> None:
    async def refused(account: Account, redirect_url: str = BACK) -> tuple[int, Any]:
        answer = await Journey(client, database, partners, account, tokens).start(redirect_url)
        return answer.status_code, answer.json().get("code", answer.json())

    assert await refused(await candidate(session, 30)) == (400, "IDCHECK_NOT_ELIGIBLE")
    assert await refused(await candidate(session, 18, roles=["BENEFICIARY"])) == (400, "IDCHECK_NOT_ELIGIBLE")
    fresh = await YoungFactory.create(session, age=17)
    nameless = await YoungFactory.create(session, age=17)
    await CheckFactory.create(session, account_id=nameless.id, type="profile_completion", content={"city": "x"})
    await session.commit()
    assert await refused(fresh) == (400, "IDCHECK_ALREADY_PROCESSED")
    assert await refused(nameless) == (400, "NO_FIRST_NAME_AND_LAST_NAME")
    somebody = await candidate(session)
    for address in ("", "nowhere", "javascript://x%0aalert(1)", "http://a b", "data://x", "h" * 3_000):
        status, _ = await refused(somebody, address)
        assert status == 400, address[:20]


async def test_stale_checks_are_read_again(young: Journey, clock: ClockControl) -> None:
    await young.start()
    await young.concludes("approved", telling="never")
    assert await refresh_stale(young.database) == {"asked": 0}
    clock.advance(hours=13)
    assert await refresh_stale(young.database, dry_run=True) == {"would_ask": 1}
    assert await refresh_stale(young.database) == {"asked": 1}
    await young.work()
    assert [check.status for check in await young.checks()] == ["ok"]
    assert await refresh_stale(young.database) == {"asked": 0}


async def test_the_pages_show_themselves(young: Journey) -> None:
    await young.start()
    for path in ("/simulators", "/simulators/ubble", f"/simulators/ubble/page/{young.id}"):
        answer = await young.client.get(path)
        assert answer.status_code == 200
        assert "Simulateur" in answer.text
    assert (await young.client.get("/simulators/ubble/page/nobody")).status_code == 404
    assert (await young.client.post("/simulators/nobody/mode", data={"mode": "up"})).status_code == 400
    assert clock_module.now() - datetime(2026, 2, 10, 12, tzinfo=UTC) < timedelta(days=1)


REHEARSAL = "/native/v1/ubble_identification/e2e"


async def test_an_identification_of_front_ends_tests(young: Journey) -> None:
    """It goes through the same adapter and worker as every other; refused, then accepted."""
    answer = await young.client.post(REHEARSAL, json={"errors": [2101, 1320]}, headers=young.headers)
    assert answer.status_code == 204
    await young.work()
    (check,) = await young.checks()
    assert check.status == "suspiscious"
    assert set(check.reason_codes or ()) >= {"id_check_expired", "lack_of_luminosity"}
    assert (await young.client.post(REHEARSAL, json={}, headers=young.headers)).status_code == 204
    await young.work()
    assert [check.status for check in await young.checks()] == ["suspiscious", "ok"]
    await young.signs()
    assert await young.deposits() == [("GRANT_17_18", 50_00)]
    again = await young.client.post(REHEARSAL, json={}, headers=young.headers)
    assert (again.status_code, again.json()["code"]) == (400, "IDCHECK_NOT_ELIGIBLE")
    for errors in (["x"], [1], 3):
        answer = await young.client.post(REHEARSAL, json={"errors": errors}, headers=young.headers)
        assert answer.status_code == 400


async def test_production_knows_no_rehearsal(young: Journey, app: Any) -> None:
    app.state.partners.settings = app.state.partners.settings.model_copy(update={"ubble_url": "https://ubble.example"})
    assert (await young.client.post(REHEARSAL, json={}, headers=young.headers)).status_code == 403
    assert await young.checks() == []
