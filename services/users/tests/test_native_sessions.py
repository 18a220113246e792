"""Sign-in, refresh and sign-out of the app."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.identity import SigningKey, sign
from shared.testing.recorders import ClockControl, Tokens
from users.accounts.models import Account
from users.accounts.rules import SuspensionReason
from users.factories import (
    PASSWORD,
    AccountFactory,
    BeneficiaryFactory,
    SignOnLinkFactory,
    SuspensionFactory,
    YoungFactory,
    bcrypt_hash,
)
from users.sessions.models import LoginDevice, TokenFamily, TrustedDevice

from .conftest import SignIn

BAD = {"general": ["Identifiant ou mot de passe incorrect"]}


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def refresh(client: httpx.AsyncClient, token: str, version: int = 2) -> httpx.Response:
    body = {"deviceInfo": {"deviceId": "d"}} if version == 2 else None
    return await client.post(f"/native/v{version}/refresh_access_token", json=body, headers=bearer(token))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session, email="jeune@example.com")
    await session.commit()
    return account


@pytest.mark.parametrize("version", [1, 2])
async def test_sign_in_gives_both_tokens(
    young: Account, sign_in: SignIn, client: httpx.AsyncClient, clock: ClockControl, version: int
) -> None:
    clock.set(datetime(2026, 5, 1, tzinfo=UTC))  # both ends of a token are cut to seconds: none may pass between them
    response = await sign_in(" Jeune@Example.com ", version=version)
    assert response.status_code == 200, response.text
    body = response.json()
    assert set(body) == {"accessToken", "refreshToken", "accountState"}
    assert body["accountState"] == "ACTIVE"
    access, renewal = claims(body["accessToken"]), claims(body["refreshToken"])
    assert (access["sub"], access["kind"], access["typ"]) == (str(young.id), "native", "access")
    assert access["user_claims"] == {"user_id": young.id}
    assert access["exp"] - access["iat"] == 15 * 60
    assert renewal["typ"] == "refresh"
    assert renewal["exp"] - renewal["iat"] == 31 * 86_400
    assert access["sid"] == renewal["sid"]
    assert (await client.get("/native/v1/me", headers=bearer(body["accessToken"]))).status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("jeune@example.com", "wrong"),
        ("jeune@example.com", ""),
        ("jeune@example.com", PASSWORD + "x" * 5_000),
        ("jeune@example.com", PASSWORD.upper()),
        ("inconnu@example.com", PASSWORD),
        ("", PASSWORD),
        ("é" * 500, PASSWORD),
    ],
)
async def test_unknown_and_wrong_are_refused_alike(young: Account, sign_in: SignIn, email: str, password: str) -> None:
    response = await sign_in(email, password)
    assert (response.status_code, response.json()) == (400, BAD)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"identifier": "a@b.fr"},
        {"identifier": 3, "password": "x", "deviceInfo": {"deviceId": "d"}},
        {"identifier": "a\x00b", "password": "x", "deviceInfo": {"deviceId": "d"}},
        {"identifier": "a", "password": "x", "deviceInfo": None},
        {"identifier": "a", "password": "x", "deviceInfo": {"os": "x"}},
        [],
        None,
    ],
)
async def test_malformed_bodies_are_400(client: httpx.AsyncClient, body: Any) -> None:
    response = await client.post("/native/v2/signin", json=body)
    assert response.status_code == 400
    assert all(isinstance(messages, list) for messages in response.json().values())


async def test_an_unvalidated_address_is_told_after_the_password_only(session: AsyncSession, sign_in: SignIn) -> None:
    await AccountFactory.create(session, email="attente@example.com", is_email_validated=False)
    await session.commit()
    right, wrong = await sign_in("attente@example.com"), await sign_in("attente@example.com", "wrong")
    assert right.status_code == 400
    assert right.json()["code"] == "EMAIL_NOT_VALIDATED"
    assert right.json()["general"]
    assert wrong.json() == BAD


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (SuspensionReason.UPON_USER_REQUEST, "SUSPENDED_UPON_USER_REQUEST"),
        (SuspensionReason.FRAUD_SUSPICION, "SUSPENDED"),
        (SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER, "SUSPICIOUS_LOGIN_REPORTED_BY_USER"),
        (SuspensionReason.WAITING_FOR_ANONYMIZATION, "WAITING_FOR_ANONYMIZATION"),
        (None, "INACTIVE"),
    ],
)
async def test_closed_accounts_sign_in_and_are_told_their_state(
    session: AsyncSession, sign_in: SignIn, client: httpx.AsyncClient, reason: SuspensionReason | None, state: str
) -> None:
    account = await YoungFactory.create(session, email="ferme@example.com", is_active=False)
    if reason is not None:
        await SuspensionFactory.create(session, account_id=account.id, reason=reason.value)
    await session.commit()
    response = await sign_in("ferme@example.com")
    assert (response.status_code, response.json()["accountState"]) == (200, state)
    # … and are refused everywhere else, but may refresh.
    me = await client.get("/native/v1/me", headers=bearer(response.json()["accessToken"]))
    assert (me.status_code, list(me.json())) == (403, ["email"])
    assert (await refresh(client, response.json()["refreshToken"])).status_code == 200


async def test_deleted_and_anonymised_accounts_do_not_sign_in(session: AsyncSession, sign_in: SignIn) -> None:
    deleted = await AccountFactory.create(session, email="supprime@example.com", is_active=False)
    await SuspensionFactory.create(session, account_id=deleted.id, reason=SuspensionReason.DELETED.value)
    await AccountFactory.create(session, email="anonyme@example.com", is_active=False, roles=["ANONYMIZED"])
    await session.commit()
    for email, code in (("supprime@example.com", "ACCOUNT_DELETED"), ("anonyme@example.com", "ACCOUNT_ANONYMIZED")):
        response = await sign_in(email)
        assert (response.status_code, response.json()["code"]) == (400, code)
        assert (await sign_in(email, "wrong")).json() == BAD
    assert await session.scalar(select(func.count()).select_from(TokenFamily)) == 0


async def test_bcrypt_hashes_are_verified_and_replaced(session: AsyncSession, sign_in: SignIn) -> None:
    account = await AccountFactory.create(session, email="ancien@example.com", password_hash=bcrypt_hash())
    await session.commit()
    assert (await sign_in("ancien@example.com", "wrong")).status_code == 400
    await session.refresh(account)
    assert account.password_hash.startswith("$2b$")
    assert (await sign_in("ancien@example.com")).status_code == 200
    await session.refresh(account)
    assert account.password_hash.startswith("$argon2id$")
    assert (await sign_in("ancien@example.com")).status_code == 200


async def test_two_sign_ins_at_once_with_an_old_hash(session: AsyncSession, sign_in: SignIn) -> None:
    await AccountFactory.create(session, email="ancien@example.com", password_hash=bcrypt_hash())
    await session.commit()
    answers = await asyncio.gather(*(sign_in("ancien@example.com") for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4


async def test_beyond_72_bytes_bcrypt_never_matches(session: AsyncSession, sign_in: SignIn) -> None:
    password = "a" * 72
    await AccountFactory.create(session, email="long@example.com", password_hash=bcrypt_hash(password))
    await session.commit()
    assert (await sign_in("long@example.com", password + "b")).status_code == 400
    assert (await sign_in("long@example.com", password)).status_code == 200


async def test_an_account_without_password_is_refused(session: AsyncSession, sign_in: SignIn) -> None:
    alone = await AccountFactory.create(session, email="sso@example.com", password_hash=None)
    await SignOnLinkFactory.create(session, account_id=alone.id)
    await session.commit()
    assert (await sign_in("sso@example.com", "")).json() == BAD


async def test_attempts_are_limited_by_account_even_with_the_right_password(
    young: Account, sign_in: SignIn, clock: ClockControl
) -> None:
    clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    for _ in range(10):
        assert (await sign_in(young.email, "wrong")).status_code == 400
    refused = await sign_in(young.email)
    assert refused.status_code == 429
    assert list(refused.json()) == ["global"]
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    # The window is not extended by what is refused.
    clock.advance(minutes=15, seconds=1)
    assert (await sign_in(young.email)).status_code == 200


async def test_an_unknown_account_is_limited_like_a_known_one(sign_in: SignIn, young: Account) -> None:
    statuses = [(await sign_in("inconnu@example.com", "wrong")).status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]


async def test_a_success_starts_the_count_again(young: Account, sign_in: SignIn) -> None:
    for _ in range(2):
        for _ in range(9):
            assert (await sign_in(young.email, "wrong")).status_code == 400
        assert (await sign_in(young.email)).status_code == 200


async def test_simultaneous_attempts_do_not_pass_the_limit(young: Account, sign_in: SignIn) -> None:
    answers = await asyncio.gather(*(sign_in(young.email, "wrong") for _ in range(25)))
    assert sorted(answer.status_code for answer in answers) == [400] * 10 + [429] * 15


class TestByAddress:
    @pytest.fixture
    def settings_overrides(self, settings_overrides: dict[str, Any]) -> dict[str, Any]:
        return {**settings_overrides, "signin_address_attempts": 3}

    async def test_attempts_are_limited_by_address(self, young: Account, sign_in: SignIn) -> None:
        here, there = {"x-forwarded-for": "192.0.2.1"}, {"x-forwarded-for": "192.0.2.2"}
        for number in range(3):
            assert (await sign_in(f"{number}@example.com", "wrong", **here)).status_code == 400
        assert (await sign_in(young.email, **here)).status_code == 429
        assert (await sign_in(young.email, **there)).status_code == 200

    async def test_successes_do_not_count(self, young: Account, sign_in: SignIn) -> None:
        statuses = [(await sign_in(young.email)).status_code for _ in range(6)]
        assert statuses == [200] * 6


async def test_the_same_device_becomes_trusted(young: Account, sign_in: SignIn, session: AsyncSession) -> None:
    first = claims(
        (await sign_in(young.email, device="mine", **{"x-city": "Paris", "x-country": "France"})).json()["refreshToken"]
    )
    other = claims((await sign_in(young.email, device="other")).json()["refreshToken"])
    again = claims((await sign_in(young.email, device="mine")).json()["refreshToken"])
    days = [(token["exp"] - token["iat"]) // 86_400 for token in (first, other, again)]
    assert days == [31, 31, 366]
    assert list(await session.scalars(select(TrustedDevice.device_id))) == ["mine"]
    assert await session.scalar(select(LoginDevice.location).order_by(LoginDevice.id).limit(1)) == "Paris, France"


async def test_an_empty_or_endless_device_is_no_trouble(young: Account, sign_in: SignIn, session: AsyncSession) -> None:
    assert (await sign_in(young.email, device="")).status_code == 200
    assert (await sign_in(young.email, device="d" * 100_000)).status_code == 200
    assert await session.scalar(select(func.count()).select_from(LoginDevice)) == 1


async def test_refresh_rotates_both_tokens(young: Account, sign_in: SignIn, client: httpx.AsyncClient) -> None:
    first = (await sign_in(young.email)).json()
    answer = await refresh(client, first["refreshToken"])
    assert answer.status_code == 200
    second = answer.json()
    assert set(second) == {"accessToken", "refreshToken"}
    assert second["refreshToken"] != first["refreshToken"]
    assert (await client.get("/native/v1/me", headers=bearer(second["accessToken"]))).status_code == 200
    assert (await refresh(client, second["refreshToken"])).status_code == 200


async def test_refresh_v1_gives_an_access_token_and_does_not_rotate(
    young: Account, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    tokens = (await sign_in(young.email, version=1)).json()
    for _ in range(2):
        answer = await refresh(client, tokens["refreshToken"], version=1)
        assert answer.status_code == 200
        assert set(answer.json()) == {"accessToken"}


async def test_a_reused_refresh_token_ends_the_whole_family(
    young: Account, sign_in: SignIn, client: httpx.AsyncClient, clock: ClockControl, session: AsyncSession
) -> None:
    clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    stolen = (await sign_in(young.email)).json()
    other = (await sign_in(young.email)).json()
    kept = (await refresh(client, stolen["refreshToken"])).json()
    clock.advance(seconds=21)
    assert (await refresh(client, stolen["refreshToken"])).status_code == 401
    # The thief and the owner are both out; the other session is not.
    assert (await refresh(client, kept["refreshToken"])).status_code == 401
    assert (await client.get("/native/v1/me", headers=bearer(kept["accessToken"]))).status_code == 401
    assert (await refresh(client, other["refreshToken"])).status_code == 200
    assert set(await session.scalars(select(TokenFamily.revocation_reason))) == {"reuse", None}


async def test_two_tabs_may_refresh_at_once(young: Account, sign_in: SignIn, client: httpx.AsyncClient) -> None:
    token = (await sign_in(young.email)).json()["refreshToken"]
    answers = await asyncio.gather(*(refresh(client, token) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    renewed = {answer.json()["refreshToken"] for answer in answers}
    assert len(renewed) == 5
    for each in renewed:
        assert (await refresh(client, each)).status_code == 200


async def test_a_refresh_token_ends(
    young: Account, sign_in: SignIn, client: httpx.AsyncClient, clock: ClockControl
) -> None:
    clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    token = (await sign_in(young.email)).json()["refreshToken"]
    clock.advance(days=31, seconds=1)
    answer = await refresh(client, token)
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_a_vanished_account_is_unknown(
    young: Account, sign_in: SignIn, client: httpx.AsyncClient, session: AsyncSession
) -> None:
    tokens = (await sign_in(young.email)).json()
    await session.delete(await session.get_one(Account, young.id))
    await session.commit()
    answer = await refresh(client, tokens["refreshToken"])
    assert (answer.status_code, answer.json()) == (401, {"email": "unknown"})
    me = await client.get("/native/v1/me", headers=bearer(tokens["accessToken"]))
    assert (me.status_code, list(me.json())) == (403, ["email"])


async def test_an_access_token_does_not_refresh_nor_the_reverse(
    young: Account, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    tokens = (await sign_in(young.email)).json()
    wrong = await refresh(client, tokens["accessToken"])
    assert (wrong.status_code, list(wrong.json())) == (401, ["msg"])
    assert (await client.get("/native/v1/me", headers=bearer(tokens["refreshToken"]))).status_code == 401


async def test_sign_out_ends_the_session(young: Account, sign_in: SignIn, client: httpx.AsyncClient) -> None:
    tokens, other = (await sign_in(young.email)).json(), (await sign_in(young.email)).json()
    answer = await client.post("/native/v1/signout", headers=bearer(tokens["accessToken"]))
    assert (answer.status_code, answer.json()) == (200, {})
    assert (await refresh(client, tokens["refreshToken"])).status_code == 401
    assert (await client.get("/native/v1/me", headers=bearer(tokens["accessToken"]))).status_code == 401
    assert (await refresh(client, other["refreshToken"])).status_code == 200
    assert (await client.post("/native/v1/signout")).status_code == 401


def _unsigned(payload: dict[str, Any], algorithm: str) -> str:
    parts = [{"alg": algorithm, "typ": "JWT"}, payload]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


async def test_forged_expired_and_unsigned_tokens(
    young: Account, client: httpx.AsyncClient, tokens: Tokens, sign_in: SignIn
) -> None:
    good = (await sign_in(young.email)).json()["accessToken"]
    payload = claims(good)
    now = datetime.now(UTC)
    forged = sign(
        SigningKey(tokens.key.kid, SigningKey.generate().private),
        kind="native",
        subject=young.id,
        issued_at=now,
        expires_at=now + timedelta(minutes=5),
    )
    head, body, signature = good.split(".")
    swapped = base64.urlsafe_b64encode(json.dumps({**payload, "sub": "1"}).encode()).rstrip(b"=").decode()
    bad = [
        forged,
        tokens.token("native", young.id, lifetime=timedelta(seconds=-1)),
        tokens.token("pro", young.id),
        tokens.token("native", young.id, token_type="refresh"),
        _unsigned(payload, "none"),
        _unsigned(payload, "HS256"),
        f"{head}.{swapped}.{signature}",
        f"{head}.{body}.",
        "not.a.token",
        "x",
    ]
    for token in bad:
        answer = await client.get("/native/v1/me", headers=bearer(token))
        assert (answer.status_code, answer.json()) == (401, {}), token
    answer = await client.get("/native/v1/me")
    assert (answer.status_code, answer.json()) == (401, {})
    assert "www-authenticate" in answer.headers


@pytest.mark.parametrize(("version", "status"), [("1.132.0", 403), ("abc", 403), ("1.132.1", 400), ("1.404.0", 400)])
async def test_old_apps_are_told_to_upgrade(client: httpx.AsyncClient, version: str, status: int) -> None:
    answer = await client.post("/native/v1/signin", json={}, headers={"app-version": version})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "UPGRADE_REQUIRED"


async def test_the_last_connection_moves_every_quarter_of_an_hour(
    session: AsyncSession, sign_in: SignIn, client: httpx.AsyncClient, clock: ClockControl
) -> None:
    account = await BeneficiaryFactory.create(session, email="la@example.com")
    await session.commit()
    start = clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    token = (await sign_in("la@example.com")).json()["refreshToken"]
    await session.refresh(account)
    assert account.last_connection_date == start
    clock.advance(minutes=10)
    token = (await refresh(client, token)).json()["refreshToken"]
    await session.refresh(account)
    assert account.last_connection_date == start
    later = clock.advance(minutes=10)
    await refresh(client, token)
    await session.refresh(account)
    assert account.last_connection_date == later


@pytest.mark.parametrize(
    "content",
    [
        b'{"identifier": "\\ud800", "password": "x", "deviceInfo": {"deviceId": "d"}}',
        b'{"identifier": "a", "password": "\\udfff", "deviceInfo": {"deviceId": "d"}}',
        b'{"identifier": "a", "password": "x", "deviceInfo": {"deviceId": "\\ud800"}}',
        b'{"identifier": "a", ',
        b"\xff\xfe",
        b"[" * 5_000,
        b"",
    ],
)
async def test_broken_text_is_400(client: httpx.AsyncClient, content: bytes) -> None:
    response = await client.post("/native/v2/signin", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400, response.text


async def test_strange_headers_are_no_trouble(young: Account, sign_in: SignIn, session: AsyncSession) -> None:
    strange = {"x-city": "é" * 400, "x-country": "\xff", "x-forwarded-for": " , ", "device-id": "\xe9"}
    headers = {name: value.encode("latin-1") for name, value in strange.items()}
    response = await sign_in(young.email, device="mine", **headers)  # type: ignore[arg-type]
    assert response.status_code == 200
    location = await session.scalar(select(LoginDevice.location))
    assert location is not None
    assert len(location) == 255
