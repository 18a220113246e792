"""reCAPTCHA: Google's answers as they are, what the faces make of them, and a partner that is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.flags import FlagControl
from shared.testing.partners import Canned, FakePartner
from users.accounts.models import Account
from users.factories import PASSWORD, PartnerFactory, YoungFactory
from users.features import Flag
from users.partners import Partners
from users.sessions.captcha import Captcha, NoCaptcha, ReCaptcha, captcha_for
from users.settings import Settings

V3 = {
    "success": True,
    "challenge_ts": "2026-02-10T12:00:00Z",
    "hostname": "passculture.app",
    "score": 0.9,
    "action": "signup",
}
V2 = {"success": True, "challenge_ts": "2026-02-10T12:00:00Z", "hostname": "passculture.app"}


@pytest.fixture
async def server() -> AsyncIterator[FakePartner]:
    async with FakePartner() as running:
        yield running


@pytest.fixture
async def google(server: FakePartner, settings: Settings) -> AsyncIterator[Captcha]:
    changes = {"recaptcha_secret": "s3cret", "recaptcha_url": server.url}
    made = captcha_for(Settings.model_validate({**settings.model_dump(), **changes}))
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (V3, True),
        (V3 | {"score": 0.7}, True),
        (V3 | {"score": 0.69}, False),
        (V3 | {"score": 1}, True),
        (V3 | {"action": "loginUser"}, False),
        (V3 | {"action": None}, False),
        (V2, True),
        ({"success": False, "error-codes": ["timeout-or-duplicate"]}, False),
        ({"success": False, "error-codes": ["invalid-input-secret"]}, False),
        (V3 | {"success": "true"}, False),
        (V3 | {"success": 1}, False),
        (V3 | {"score": "0.9"}, False),
        (V3 | {"score": []}, False),
        ({}, False),
        ([], False),
        ("success", False),
    ],
)
async def test_what_google_says(server: FakePartner, google: Captcha, answer: Any, passes: bool) -> None:
    server.answers.append(Canned.json(answer))
    assert await google.verify("03AGdBq25", "signup") is passes
    assert (server.requests[0].method, server.requests[0].target) == ("POST", "/siteverify")
    assert dict(parse_qsl(server.requests[0].content.decode())) == {"secret": "s3cret", "response": "03AGdBq25"}


@pytest.mark.parametrize("canned", [Canned(500), Canned(429), Canned(400, b"no"), Canned(200, b"<html>"), Canned(302)])
async def test_nobody_passes_while_google_is_away_and_it_is_asked_once(
    server: FakePartner, google: Captcha, canned: Canned
) -> None:
    server.answers.append(canned)
    assert await google.verify("token", "signup") is False
    assert len(server.requests) == 1


async def test_after_failures_nobody_waits(server: FakePartner, google: Captcha) -> None:
    server.answers.extend([Canned(503)] * 5)
    assert [await google.verify("token", "signup") for _ in range(8)] == [False] * 8
    assert len(server.requests) == 5


@pytest.mark.parametrize("token", [None, "", "x" * 10_000])
async def test_what_cannot_be_a_token_is_not_asked_about(
    server: FakePartner, google: Captcha, token: str | None
) -> None:
    assert await google.verify(token, "signup") is False
    assert server.requests == []


async def test_without_a_secret_any_token_will_do(settings: Settings) -> None:
    none = captcha_for(settings)
    assert isinstance(none, NoCaptcha)
    assert [await none.verify(token, "signup") for token in ("test_token", "", None)] == [True, False, False]


def test_production_asks_google(settings: Settings) -> None:
    changes = {"recaptcha_secret": "s", "environment": "production", "key_encryption_secret": "real"}
    made = captcha_for(Settings.model_validate({**settings.model_dump(), **changes}))
    assert isinstance(made, ReCaptcha)
    assert made._partner.url("/siteverify") == "https://www.google.com/recaptcha/api/siteverify"


class TestFaces:
    """Through the simulator, as a local stack with a secret would."""

    @pytest.fixture(autouse=True)
    async def asked(self, app: FastAPI, settings: Settings, partners: Partners) -> AsyncIterator[None]:
        changed = Settings.model_validate({**settings.model_dump(), "recaptcha_secret": "local"})
        before = app.state.captcha
        app.state.captcha = captcha_for(changed, httpx.ASGITransport(app))
        yield
        await app.state.captcha.close()
        app.state.captcha = before

    @pytest.fixture
    async def people(self, session: AsyncSession) -> list[Account]:
        made = [
            await PartnerFactory.create(session, email="pro@example.com"),
            await YoungFactory.create(session, email="zoe@example.com"),
        ]
        await session.commit()
        return made

    async def forms(self, client: httpx.AsyncClient, number: int) -> dict[str, httpx.Response]:
        """Every form that asks for a token, with one of its page."""
        young = {"identifier": "zoe@example.com", "password": PASSWORD, "deviceInfo": {"deviceId": ""}}
        sign_up = {"email": "n@example.com", "password": PASSWORD, "birthdate": "2009-01-01"}
        partner = {"email": "p@example.com", "password": PASSWORD, "firstName": "A", "lastName": "B", "contactOk": True}
        asked = {
            "/native/v1/signin": (young | {"token": f"loginUser:{number}1"}),
            "/native/v2/signin": (young | {"token": f"loginUser:{number}2"}),
            "/native/v1/account": (sign_up | {"token": f"signup:{number}3"}),
            "/native/v1/request_password_reset": {"email": "zoe@example.com", "token": f"resetPassword:{number}4"},
            "/users/signin": {
                "identifier": "pro@example.com",
                "password": PASSWORD,
                "captchaToken": f"loginUser:{number}5",
            },
            "/users/signup": (partner | {"token": f"signup:{number}6"}),
            "/users/reset-password": {"email": "pro@example.com", "token": f"resetPassword:{number}7"},
        }
        answers = {path: await client.post(path, json=body) for path, body in asked.items()}
        client.cookies.clear()
        return answers

    async def test_people_pass_with_a_token_of_the_page(self, client: httpx.AsyncClient, people: list[Account]) -> None:
        assert (await client.get("/native/v1/settings")).json()["isRecaptchaEnabled"] is True
        answers = await self.forms(client, 1)
        assert {
            path: answer.status_code for path, answer in answers.items() if answer.status_code not in (200, 204)
        } == {}
        again = await self.forms(client, 1)
        assert {answer.status_code for answer in again.values()} == {400, 401}

    @pytest.mark.parametrize("verdict", ["doubtful", "other_action", "expired", "secret"])
    async def test_programs_do_not(self, client: httpx.AsyncClient, people: list[Account], verdict: str) -> None:
        await client.post("/simulators/recaptcha", data={"verdict": verdict})
        self._refused(await self.forms(client, 2))

    async def test_nobody_does_while_google_is_away(self, client: httpx.AsyncClient, people: list[Account]) -> None:
        await client.post("/simulators/recaptcha/mode", data={"mode": "down"})
        self._refused(await self.forms(client, 3))

    def _refused(self, answers: dict[str, httpx.Response]) -> None:
        for path, answer in answers.items():
            field = "captchaToken" if path == "/users/signin" else "token"
            status = 401 if path.endswith("signin") and path.startswith("/native") else 400
            assert (answer.status_code, list(answer.json())) == (status, [field]), path

    async def test_the_app_is_told_not_to_ask(
        self, client: httpx.AsyncClient, people: list[Account], flags: FlagControl
    ) -> None:
        await flags.turn(Flag.ENABLE_NATIVE_APP_RECAPTCHA, active=False)
        await client.post("/simulators/recaptcha", data={"verdict": "doubtful"})
        assert (await client.get("/native/v1/settings")).json()["isRecaptchaEnabled"] is False
        answers = await self.forms(client, 4)
        assert {answer.status_code for path, answer in answers.items() if path.startswith("/native")} == {200, 204}
        assert {answer.status_code for path, answer in answers.items() if path.startswith("/users")} == {400}
