"""The check that a person, not a program, fills a form. A port: Google's reCAPTCHA where configured, else nothing."""

from __future__ import annotations

from typing import Protocol

import httpx
import structlog

from users.settings import Settings

log = structlog.get_logger(__name__)

VERIFY_URL = "https://www.google.com/recaptcha/api/siteverify"
MINIMAL_SCORE = 0.7


class Captcha(Protocol):
    """`is_enabled` says whether front-ends must send a token that this service verifies."""

    is_enabled: bool

    async def verify(self, token: str | None, action: str) -> bool: ...

    async def close(self) -> None: ...


class NoCaptcha:
    """No captcha is configured: any token is taken, the portal's constant `test_token` among them."""

    is_enabled = False

    async def verify(self, token: str | None, action: str) -> bool:
        return bool(token)

    async def close(self) -> None:
        return None


class ReCaptcha:
    """Google's reCAPTCHA v2 and v3; a score, where there is one, must reach the minimum for the right action."""

    is_enabled = True

    def __init__(self, secret: str, client: httpx.AsyncClient) -> None:
        self._secret = secret
        self._client = client

    async def verify(self, token: str | None, action: str) -> bool:
        if not token:
            return False
        try:
            answer = await self._client.post(VERIFY_URL, data={"secret": self._secret, "response": token})
            answer.raise_for_status()
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("captcha.unreachable", error=type(error).__name__)
            return False
        if not isinstance(body, dict) or body.get("success") is not True:
            return False
        if "score" not in body:
            return True
        return body.get("action") == action and float(body["score"]) >= MINIMAL_SCORE

    async def close(self) -> None:
        await self._client.aclose()


def captcha_for(settings: Settings) -> Captcha:
    """The captcha that the settings ask for."""
    if settings.recaptcha_secret is None:
        return NoCaptcha()
    return ReCaptcha(settings.recaptcha_secret.get_secret_value(), httpx.AsyncClient(timeout=5.0))
