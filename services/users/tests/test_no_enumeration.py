"""Whoever asks learns nothing of who has an account: not by an answer, not by its headers, not by the work behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import argon2
import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.recorders import Tokens
from users.accounts.models import Account
from users.factories import PASSWORD, AccountFactory, PartnerFactory, SignOnLinkFactory, YoungFactory
from users.sessions.passwords import Passwords
from users.settings import Settings

DEVICE = {"deviceId": "appareil", "os": "Linux", "source": "Firefox"}
# Different for every answer, and of no account.
OWN = {"x-request-id", "date"}

Ask = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


def posting(path: str, **body: Any) -> Ask:
    """Asks with the address wherever the body says `EMAIL`."""

    async def ask(client: httpx.AsyncClient, email: str) -> httpx.Response:
        said = {key: email if value == "EMAIL" else value for key, value in body.items()}
        answer = await client.post(path, json=said)
        client.cookies.clear()
        return answer

    return ask


SIGN_INS = {
    "native v1": posting("/native/v1/signin", identifier="EMAIL", password="Faux-mot-2-passe"),
    "native v2": posting("/native/v2/signin", identifier="EMAIL", password="Faux-mot-2-passe", deviceInfo=DEVICE),
    "portal": posting("/users/signin", identifier="EMAIL", password="Faux-mot-2-passe", captchaToken="test_token"),
}
SIGN_UPS = {
    "native": posting(
        "/native/v1/account",
        email="EMAIL",
        password="Un-mot-2-passe!",
        birthdate="2008-03-14",
        token="test_token",
        marketingEmailSubscription=False,
    ),
    "portal": posting(
        "/users/signup",
        email="EMAIL",
        password="Un-mot-2-passe!",
        firstName="Jeanne",
        lastName="Doux",
        phoneNumber="0612345678",
        contactOk=True,
        token="test_token",
    ),
}
MAILS = {
    "reset": posting("/native/v1/request_password_reset", email="EMAIL"),
    "validation": posting("/native/v1/resend_email_validation", email="EMAIL"),
    "portal reset": posting("/users/reset-password", email="EMAIL", token="test_token"),
}


def seen(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    return (
        answer.status_code,
        answer.content,
        {name: value for name, value in answer.headers.items() if name not in OWN},
    )


async def holders(session: AsyncSession) -> list[Account]:
    """Accounts of every kind, whose addresses an attacker might try."""
    made = [
        await YoungFactory.create(session),
        await PartnerFactory.create(session),
        await YoungFactory.create(session, is_active=False),
        await YoungFactory.create(session, is_email_validated=False),
        await AccountFactory.create(session, password_hash=None),
    ]
    await SignOnLinkFactory.create(session, account_id=made[-1].id)
    await session.commit()
    return made


@pytest.mark.parametrize("ask", [*SIGN_INS.values(), *SIGN_UPS.values(), *MAILS.values()])
async def test_answers_are_the_same_for_every_address(
    client: httpx.AsyncClient, session: AsyncSession, ask: Ask
) -> None:
    accounts = await holders(session)
    stranger = seen(await ask(client, "inconnue@example.com"))
    assert stranger[0] in (204, 400, 401)
    assert b"incorrect" in stranger[1] or stranger[0] == 204
    for account in accounts:
        assert seen(await ask(client, account.email)) == stranger


@pytest.mark.parametrize("ask", SIGN_INS.values())
async def test_limits_are_the_same_for_every_address(
    client: httpx.AsyncClient, session: AsyncSession, ask: Ask
) -> None:
    account = (await holders(session))[0]
    counted = {}
    for email in (account.email, "inconnue@example.com"):
        answers = [await ask(client, email) for _ in range(12)]
        counted[email] = [(answer.status_code, answer.content) for answer in answers]
        assert [answer.status_code for answer in answers[10:]] == [429, 429]
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers[10:])
    known, unknown = counted.values()
    assert known == unknown


async def test_the_portal_says_the_same_of_a_taken_address(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens
) -> None:
    me, _other = await PartnerFactory.create(session), await PartnerFactory.create(session, email="prise@example.com")
    await session.commit()
    answers = []
    for email in ("prise@example.com", "libre@example.com"):
        body = {"email": email, "password": PASSWORD}
        answers.append(seen(await client.post("/users/email", json=body, headers=tokens.pro(me.id))))
    assert answers[0] == answers[1]


class Counter:
    """What was hashed and compared, with which parameters."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.compared: list[argon2.Parameters] = []
        self.hashed = 0
        verify, hash_ = PasswordHasher.verify, PasswordHasher.hash

        def counting_verify(hasher: PasswordHasher, stored: str, password: Any) -> Any:
            self.compared.append(argon2.extract_parameters(stored))
            return verify(hasher, stored, password)

        def counting_hash(hasher: PasswordHasher, password: Any, **options: Any) -> str:
            self.hashed += 1
            return hash_(hasher, password, **options)

        monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
        monkeypatch.setattr(PasswordHasher, "hash", counting_hash)

    def taken(self) -> tuple[list[argon2.Parameters], int]:
        seen, self.compared, hashed, self.hashed = self.compared, [], self.hashed, 0
        return seen, hashed


@pytest.mark.parametrize("ask", SIGN_INS.values())
async def test_a_sign_in_compares_once_whoever_is_named(
    client: httpx.AsyncClient, session: AsyncSession, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = await holders(session)
    counter = Counter(monkeypatch)
    await ask(client, "inconnue@example.com")
    stranger = counter.taken()
    assert (len(stranger[0]), stranger[1]) == (1, 0)
    for account in accounts:
        await ask(client, account.email)
        assert counter.taken() == stranger


@pytest.mark.parametrize("ask", SIGN_UPS.values())
async def test_a_sign_up_hashes_once_whoever_is_named(
    client: httpx.AsyncClient, session: AsyncSession, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = await holders(session)
    counter = Counter(monkeypatch)
    for email in ("inconnue@example.com", *(account.email for account in accounts)):
        await ask(client, email)
        assert counter.taken() == ([], 1)


async def test_an_unknown_account_costs_what_a_known_one_does(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash that stands for nobody's has the parameters of the settings, and is there before the first who asks."""
    settings: Settings = app.state.settings.model_copy(update={"argon2_time_cost": 2, "argon2_memory_kib": 64})
    passwords = Passwords(settings)
    await passwords.verify("x", None)
    counter = Counter(monkeypatch)
    await passwords.verify("x", None)
    (nobody,), hashed = counter.taken()
    assert (nobody.time_cost, nobody.memory_cost, hashed) == (2, 64, 0)
    passwords.close()
