"""Sign-on by Google and Apple, through the simulators: whose account it is, and what does not let anybody in."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.actions import lock_account
from users.accounts.models import Account, AccountAction
from users.anonymization.actions import anonymize
from users.credentials.addresses import block_domain
from users.factories import PASSWORD, SignOnLinkFactory, SuspensionFactory, YoungFactory, born
from users.partners import Partners
from users.sessions.models import LoginDevice, TokenFamily, TrustedDevice
from users.sso.models import SignOnLink
from users.tokens.models import OneTimeToken

from .conftest import SignIn
from .mailbox import Mailbox

EMAIL = "zoe@example.com"
NEWCOMER = born(17).isoformat()
DEVICE = {"deviceId": "phone-1", "os": "iOS", "source": "iPhone"}


class App:
    """The app of somebody who chooses an account at a provider."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.headers = {"device-id": "phone-1"}

    async def state(self, version: int = 2) -> str:
        answer = await self._client.get(f"/native/v{version}/oauth/state", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["oauthStateToken"]

    async def code(self, provider: str = "google", state: str = "", **said: str) -> str:
        form = {
            "email": EMAIL,
            "subject": "",
            "outcome": "accepted",
            "nonce": "",
            "client_id": "simulated-client",
            **said,
        }
        page = await self._client.post(f"/simulators/{provider}/authorize", data={**form, "state": state})
        return re.search(r"<p id=code>(.*)</p>", page.text)[1]  # type: ignore[index]

    async def send(self, code: str, state: str, provider: str = "google", version: int = 2) -> httpx.Response:
        body = {"authorizationCode": code, "oauthStateToken": state, "deviceInfo": DEVICE}
        return await self._client.post(
            f"/native/v{version}/oauth/{provider}/authorize", json=body, headers=self.headers
        )

    async def sign_on(self, provider: str = "google", version: int = 2, **said: str) -> httpx.Response:
        state = await self.state(version)
        return await self.send(await self.code(provider, state, **said), state, provider, version)

    async def create(self, secret: str, provider: str = "google", **changes: Any) -> httpx.Response:
        body = {"accountCreationToken": secret, "birthdate": NEWCOMER, "token": "", **changes}
        return await self._client.post(f"/native/v1/oauth/{provider}/account", json=body, headers=self.headers)


@pytest.fixture
def phone(client: httpx.AsyncClient, partners: Partners) -> App:
    return App(client)


@pytest.fixture
async def zoe(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session, email=EMAIL)
    await session.commit()
    return account


def refusal(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert body["general"], body
    return response.status_code, body["code"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("provider", ["google", "apple"])
async def test_who_has_an_account_signs_in_and_is_linked(
    phone: App, zoe: Account, session: AsyncSession, client: httpx.AsyncClient, provider: str, version: int
) -> None:
    answer = await phone.sign_on(provider, version)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"accessToken", "refreshToken", "accountState"}
    me = await client.get("/native/v1/me", headers={"Authorization": f"Bearer {answer.json()['accessToken']}"})
    assert (me.json()["email"], me.json()["hasPassword"]) == (EMAIL, True)
    link = (await session.scalars(select(SignOnLink))).one()
    assert (link.account_id, link.provider, link.subject) == (zoe.id, provider, f"{provider}-{EMAIL}")
    kinds = list(await session.scalars(select(AccountAction.type)))
    assert kinds == ["SIGN_ON_LINKED"]
    # The link counts from now on, whatever the address is there.
    again = await phone.sign_on(provider, version, email="other@example.com", subject=link.subject)
    assert (again.status_code, again.json()["accountState"]) == (200, "ACTIVE")
    assert list(await session.scalars(select(AccountAction.type))) == kinds


async def test_a_device_seen_before_is_trusted_as_with_a_password(
    phone: App, zoe: Account, session: AsyncSession, mailbox: Mailbox
) -> None:
    for _ in range(2):
        assert (await phone.sign_on()).status_code == 200
    assert [row.is_trusted for row in await session.scalars(select(TokenFamily).order_by(TokenFamily.created_at))] == [
        False,
        True,
    ]
    assert await mailbox.kinds() == ["suspicious_login"]


async def test_somebody_new_opens_an_account_without_a_password(
    phone: App, session: AsyncSession, client: httpx.AsyncClient, mailbox: Mailbox, events: EventRecorder
) -> None:
    unknown = await phone.sign_on("apple")
    assert refusal(unknown) == (401, "SSO_EMAIL_NOT_FOUND")
    assert unknown.json()["email"] == EMAIL
    assert await session.scalar(select(func.count()).select_from(Account)) == 0
    token = unknown.json()["accountCreationToken"]
    answer = await phone.create(
        token, "apple", marketingEmailSubscription=True, firebasePseudoId="fire", trustedDevice=DEVICE
    )
    assert (answer.status_code, answer.json()["accountState"]) == (200, "ACTIVE"), answer.text
    account = (await session.scalars(select(Account))).one()
    assert (account.email, account.password_hash, account.is_email_validated) == (EMAIL, None, True)
    assert account.date_of_birth is not None
    assert account.date_of_birth.isoformat() == NEWCOMER
    assert (account.external_ids, account.notification_subscriptions["marketing_email"]) == (
        {"firebase_pseudo_id": "fire"},
        True,
    )
    assert (await events.names())[:2] == ["user.created", "user.email_validated"]
    me = await client.get("/native/v1/me", headers={"Authorization": f"Bearer {answer.json()['accessToken']}"})
    assert me.json()["hasPassword"] is False
    # The device of the sign-up is trusted at once, so that nobody is warned of it.
    assert await mailbox.kinds() == []
    assert refusal(await phone.create(token, "apple")) == (400, "SSO_ACCOUNT_CREATION_TIMEOUT")
    assert (await phone.sign_on("apple")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birthdate": "2020-01-01"}, "dateOfBirth"),
        ({"birthdate": "1900-01-01"}, "dateOfBirth"),
        ({"birthdate": "x"}, "birthdate"),
        ({"birthdate": 3}, "birthdate"),
        ({"token": None}, "token"),
        ({"accountCreationToken": ""}, "accountCreationToken"),
        ({"accountCreationToken": "x" * 10_000}, "accountCreationToken"),
        ({"accountCreationToken": "a\x00b"}, "__root__"),
    ],
)
async def test_a_bad_sign_up_leaves_the_token_whole(
    phone: App, session: AsyncSession, changes: dict[str, Any], field: str
) -> None:
    token = (await phone.sign_on()).json()["accountCreationToken"]
    answer = await phone.create(token, **changes)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert await session.scalar(select(func.count()).select_from(Account)) == 0
    assert (await phone.create(token)).status_code == 200


async def test_a_sign_up_is_for_its_provider_in_its_time(
    phone: App, zoe: Account, session: AsyncSession, clock: ClockControl
) -> None:
    token = (await phone.sign_on(email="neuve@example.com")).json()["accountCreationToken"]
    assert refusal(await phone.create(token, "apple")) == (400, "SSO_INVALID_ACCOUNT_CREATION")
    assert refusal(await phone.create("unknown")) == (400, "SSO_INVALID_ACCOUNT_CREATION")
    clock.advance(minutes=61)
    assert refusal(await phone.create(token)) == (400, "SSO_ACCOUNT_CREATION_TIMEOUT")
    # Somebody took the address, or was linked, meanwhile.
    first = (await phone.sign_on(email="neuve@example.com", subject="1")).json()["accountCreationToken"]
    second = (await phone.sign_on(email="neuve@example.com", subject="2")).json()["accountCreationToken"]
    moved = (await phone.sign_on(email="autre@example.com", subject="1")).json()["accountCreationToken"]
    assert (await phone.create(first)).status_code == 200
    taken = await phone.create(second)
    assert (taken.status_code, list(taken.json())) == (400, ["email"])
    assert refusal(await phone.create(moved)) == (400, "SSO_INVALID_ACCOUNT_CREATION")
    await block_domain(session, "bloque.fr")
    await session.commit()
    blocked = (await phone.sign_on(email="a@bloque.fr")).json()["accountCreationToken"]
    answer = await phone.create(blocked)
    assert (answer.status_code, list(answer.json())) == (400, ["email"])
    assert await session.scalar(select(func.count()).select_from(Account)) == 2


async def test_who_never_validated_the_address_is_out(
    phone: App, session: AsyncSession, sign_in: SignIn, client: httpx.AsyncClient, tokens: Tokens
) -> None:
    """Somebody signed up with another's address to wait for them there: they lose all that they left."""
    account = await YoungFactory.create(session, email=EMAIL, is_email_validated=False)
    session.add(TrustedDevice(account_id=account.id, device_id="thief", source=None, os=None, date_created=clock.now()))
    await session.commit()
    await client.post("/native/v1/request_password_reset", json={"email": EMAIL, "token": ""})
    assert (await phone.sign_on()).status_code == 200
    await session.refresh(account)
    assert (account.password_hash, account.is_email_validated) == (None, True)
    assert (await sign_in(EMAIL, PASSWORD, "thief")).status_code == 400
    assert [row.device_id for row in await session.scalars(select(LoginDevice))] == ["phone-1"]
    assert list(await session.scalars(select(TrustedDevice))) == []
    living = [
        row.type for row in await session.scalars(select(OneTimeToken).where(OneTimeToken.account_id.is_not(None)))
    ]
    assert sorted(living) == ["reset_password", "suspension_suspicious_login"]  # of the mail about this very sign-in


@pytest.mark.parametrize(
    ("reason", "status", "expected"),
    [
        ("deleted", 400, "SSO_ACCOUNT_DELETED"),
        ("upon user request", 200, "SUSPENDED_UPON_USER_REQUEST"),
        ("fraud suspicion", 200, "SUSPENDED"),
    ],
)
async def test_closed_accounts(phone: App, session: AsyncSession, reason: str, status: int, expected: str) -> None:
    account = await YoungFactory.create(session, email=EMAIL, is_active=False)
    await SuspensionFactory.create(session, account_id=account.id, reason=reason)
    await session.commit()
    answer = await phone.sign_on()
    assert answer.status_code == status
    assert (answer.json()["code"] if status == 400 else answer.json()["accountState"]) == expected
    count = await session.scalar(select(func.count()).select_from(SignOnLink))
    assert count == (0 if status == 400 else 1)


async def test_the_erased_are_nobody(phone: App, zoe: Account, session: AsyncSession, database: Database) -> None:
    assert (await phone.sign_on()).status_code == 200
    await phone.sign_on("apple", email="zoe@example.com")
    async with database.transaction() as inside:
        await anonymize(inside, await lock_account(inside, zoe.id))
    assert await session.scalar(select(func.count()).select_from(SignOnLink)) == 0
    again = await phone.sign_on()
    assert refusal(again) == (401, "SSO_EMAIL_NOT_FOUND")
    session.add(SignOnLink(account_id=zoe.id, provider="google", subject=f"google-{EMAIL}", date_created=clock.now()))
    await session.commit()
    assert refusal(await phone.sign_on()) == (400, "SSO_ACCOUNT_ANONYMIZED")


async def test_a_sign_up_that_never_was_is_erased_too(phone: App, session: AsyncSession, database: Database) -> None:
    first = (await phone.sign_on()).json()["accountCreationToken"]
    await phone.sign_on()
    assert (await phone.create(first)).status_code == 200
    async with database.transaction() as inside:
        account = (await inside.scalars(select(Account))).one()
        await anonymize(inside, await lock_account(inside, account.id))
    assert [row.data for row in await session.scalars(select(OneTimeToken)) if "email" in row.data] == []


async def test_one_person_of_a_provider_an_account(phone: App, zoe: Account, session: AsyncSession) -> None:
    assert (await phone.sign_on(subject="first")).status_code == 200
    assert refusal(await phone.sign_on(subject="second")) == (400, "SSO_DUPLICATE_GOOGLE_ACCOUNT")
    assert (await phone.sign_on("apple", subject="second")).status_code == 200
    rows = await session.execute(select(SignOnLink.provider, SignOnLink.subject).order_by(SignOnLink.id))
    assert [tuple(row) for row in rows] == [("google", "first"), ("apple", "second")]


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        ("unverified", 400, "SSO_EMAIL_NOT_VALIDATED"),
        ("no_email", 400, "SSO_EMAIL_NOT_VALIDATED"),
        ("wrong_audience", 400, "SSO_INVALID_TOKEN"),
        ("wrong_issuer", 400, "SSO_INVALID_TOKEN"),
        ("wrong_nonce", 400, "SSO_INVALID_TOKEN"),
        ("expired", 400, "SSO_INVALID_TOKEN"),
        ("forged", 400, "SSO_INVALID_TOKEN"),
        ("unknown_key", 400, "SSO_INVALID_TOKEN"),
        ("refused", 400, "SSO_LOGIN_TIMEOUT"),
    ],
)
async def test_what_proves_nothing_lets_nobody_in(
    phone: App, zoe: Account, session: AsyncSession, outcome: str, status: int, code: str
) -> None:
    assert refusal(await phone.sign_on(outcome=outcome)) == (status, code)
    for model in (SignOnLink, TokenFamily):
        assert await session.scalar(select(func.count()).select_from(model)) == 0


@pytest.mark.parametrize("mode", ["down", "busy"])
async def test_a_provider_that_is_away(phone: App, zoe: Account, client: httpx.AsyncClient, mode: str) -> None:
    await client.post("/simulators/google/mode", data={"mode": mode})
    assert refusal(await phone.sign_on()) == (503, "SSO_SERVICE_UNAVAILABLE")
    await client.post("/simulators/google/mode", data={"mode": "up"})
    assert (await phone.sign_on("apple")).status_code == 200


async def test_a_linked_person_without_an_address_signs_in(phone: App, zoe: Account) -> None:
    assert (await phone.sign_on("apple", subject="a")).status_code == 200
    assert (await phone.sign_on("apple", subject="a", outcome="no_email")).status_code == 200
    assert refusal(await phone.sign_on("apple", subject="a", outcome="unverified"))[1] == "SSO_EMAIL_NOT_VALIDATED"


class TestStates:
    async def test_once(self, phone: App, zoe: Account) -> None:
        state = await phone.state()
        codes = [await phone.code() for _ in range(4)]
        answers = await asyncio.gather(*(phone.send(code, state) for code in codes))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
        assert refusal(await phone.send(await phone.code(), state)) == (400, "SSO_LOGIN_TIMEOUT")

    async def test_a_code_works_once(self, phone: App, zoe: Account) -> None:
        code = await phone.code()
        assert (await phone.send(code, await phone.state())).status_code == 200
        assert refusal(await phone.send(code, await phone.state())) == (400, "SSO_LOGIN_TIMEOUT")

    async def test_used_up_by_a_failure_too(self, phone: App, zoe: Account) -> None:
        state = await phone.state()
        assert refusal(await phone.send("unknown", state)) == (400, "SSO_LOGIN_TIMEOUT")
        assert refusal(await phone.send(await phone.code(), state)) == (400, "SSO_LOGIN_TIMEOUT")

    async def test_an_hour(self, phone: App, zoe: Account, clock: ClockControl) -> None:
        clock.set(clock.advance())
        state = await phone.state()
        clock.advance(minutes=61)
        assert refusal(await phone.send(await phone.code(), state)) == (400, "SSO_LOGIN_TIMEOUT")

    async def test_of_another_kind(self, phone: App, zoe: Account) -> None:
        creation = (await phone.sign_on(email="neuve@example.com")).json()["accountCreationToken"]
        assert refusal(await phone.send(await phone.code(), creation)) == (400, "SSO_LOGIN_TIMEOUT")

    @pytest.mark.parametrize("other", [{"device-id": "phone-2"}, {}])
    async def test_of_another_device(self, phone: App, zoe: Account, other: dict[str, str]) -> None:
        """A link with a stranger's state and code does not sign anybody in as the stranger."""
        state = await phone.state()
        phone.headers = other
        assert refusal(await phone.send(await phone.code(), state)) == (400, "SSO_LOGIN_TIMEOUT")

    async def test_old_apps_name_no_device(self, phone: App, zoe: Account) -> None:
        phone.headers = {}
        assert (await phone.sign_on(version=1)).status_code == 200

    @pytest.mark.parametrize("version", [1, 2])
    async def test_nonces_answer_the_state(self, phone: App, zoe: Account, version: int) -> None:
        state, another = await phone.state(version), await phone.state(version)
        assert (await phone.send(await phone.code(nonce=state), state, version=version)).status_code == 200
        stolen = await phone.send(await phone.code(nonce=state), another, version=version)
        assert refusal(stolen) == (400, "SSO_INVALID_TOKEN")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"authorizationCode": "a"},
        {"authorizationCode": 1, "oauthStateToken": "b", "deviceInfo": DEVICE},
        {"authorizationCode": "", "oauthStateToken": "b", "deviceInfo": DEVICE},
        {"authorizationCode": "x" * 100_000, "oauthStateToken": "b", "deviceInfo": DEVICE},
        {"authorizationCode": "a", "oauthStateToken": "\x00", "deviceInfo": DEVICE},
        {"authorizationCode": "a", "oauthStateToken": None, "deviceInfo": DEVICE},
        [],
    ],
)
async def test_malformed_bodies_are_400(client: httpx.AsyncClient, body: Any) -> None:
    assert (await client.post("/native/v2/oauth/google/authorize", json=body)).status_code == 400


async def test_other_providers_are_404(client: httpx.AsyncClient) -> None:
    body = {"authorizationCode": "a", "oauthStateToken": "b", "deviceInfo": DEVICE}
    for path in ("v1/oauth/facebook/authorize", "v2/oauth/%20/authorize", "v2/oauth/Google/authorize"):
        answer = await client.post(f"/native/{path}", json=body)
        assert (answer.status_code, answer.json()) == (404, {})


async def test_many_first_sign_ons_at_once_link_once(phone: App, zoe: Account, session: AsyncSession) -> None:
    answers = await asyncio.gather(*(phone.sign_on() for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert await session.scalar(select(func.count()).select_from(SignOnLink)) == 1


async def test_a_new_key_is_believed_when_it_signs(phone: App, zoe: Account, client: httpx.AsyncClient) -> None:
    assert (await phone.sign_on()).status_code == 200
    await client.post("/simulators/google/rotate")
    # Keys were asked for a moment ago; a forger could not make us ask for each of their tokens.
    assert refusal(await phone.sign_on()) == (400, "SSO_INVALID_TOKEN")


async def test_a_new_address_ends_the_links(zoe: Account, session: AsyncSession, database: Database) -> None:
    from users.email_change.actions import change_email
    from users.email_change.rules import Step

    await SignOnLinkFactory.create(session, account_id=zoe.id)
    await session.commit()
    async with database.transaction() as inside:
        await change_email(inside, await lock_account(inside, zoe.id), "neuve@example.com", Step.VALIDATION)
    assert await session.scalar(select(func.count()).select_from(SignOnLink)) == 0


async def test_an_account_keeps_a_way_in(session: AsyncSession, database: Database) -> None:
    """Whatever the code does: the database looks when the transaction commits."""
    await YoungFactory.create(session, password_hash=None)
    with pytest.raises(IntegrityError, match="missingLoginMethod"):
        await session.commit()
    await session.rollback()
    alone = await YoungFactory.create(session, password_hash=None)
    link, alone_id = await SignOnLinkFactory.create(session, account_id=alone.id), alone.id
    await session.commit()
    await session.delete(link)
    with pytest.raises(IntegrityError, match="missingLoginMethod"):
        await session.commit()
    await session.rollback()
    async with database.transaction() as inside:
        gone = await inside.get_one(Account, alone_id)
        await inside.delete(gone)


async def test_every_path_can_be_walked_by_hand(client: httpx.AsyncClient, partners: Partners) -> None:
    page = await client.get("/simulators/google")
    begin = re.search(r'href="(/simulators/google/begin[^"]*)"', page.text)[1].replace("&amp;", "&")  # type: ignore[index]
    choose = await client.get(begin)
    assert choose.status_code == 303
    query = {name: values[0] for name, values in parse_qs(urlsplit(choose.headers["location"]).query).items()}
    assert (await client.get(choose.headers["location"])).text.count(query["state"]) == 1
    decided = await client.post(
        "/simulators/google/authorize", data={**query, "email": EMAIL, "outcome": "accepted", "nonce": query["state"]}
    )
    landed = await client.get(urlsplit(decided.headers["location"])._replace(scheme="", netloc="").geturl())
    assert "SSO_EMAIL_NOT_FOUND" in landed.text
    token = re.search(r'name="accountCreationToken" type="text" value="([^"]+)"', landed.text)[1]  # type: ignore[index]
    created = await client.post(
        "/simulators/google/account", data={"accountCreationToken": token, "birthdate": NEWCOMER}
    )
    assert "accessToken" in created.text
    assert (await client.get("/simulators")).text.count("/simulators/google/mode") == 1


def test_the_hour_of_a_state_is_the_documents() -> None:
    from users.tokens.rules import LIFETIMES, TokenType

    assert LIFETIMES[TokenType.OAUTH_STATE] == LIFETIMES[TokenType.ACCOUNT_CREATION] == timedelta(hours=1)
