"""The check that a person, not a program, fills a form. A port: Google's reCAPTCHA where configured, else nothing.

It fails closed (users rules: any failure refuses): while Google is away nobody passes, which is told apart in the log.
"""

from __future__ import annotations

from typing import Protocol

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.outbound import Partner, PartnerError
from users.settings import Settings

log = structlog.get_logger(__name__)

GOOGLE = "https://www.google.com/recaptcha/api"
MINIMAL_SCORE = 0.7
MAX_TOKEN = 8_192
# A person waits: seconds.
DEADLINE = 4.0


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


class _Verdict(BaseModel):
    """What Google says of a token. A version 3 has an action and a score, a version 2 has neither."""

    model_config = ConfigDict(extra="ignore", strict=True)

    success: bool
    action: str | None = None
    score: float | None = None
    errors: list[str] = Field(default_factory=list, alias="error-codes")


class ReCaptcha:
    """Google's reCAPTCHA v2 and v3; a score, where there is one, must reach the minimum for the right action."""

    is_enabled = True

    def __init__(self, secret: str, partner: Partner) -> None:
        self._secret = secret
        self._partner = partner

    async def verify(self, token: str | None, action: str) -> bool:
        if not token or len(token) > MAX_TOKEN:
            return False
        try:
            # A token is used up by being verified, so that it is never asked twice.
            answer = await self._partner.call(
                "POST",
                "/siteverify",
                operation="verify",
                safe=False,
                data={"secret": self._secret, "response": token},
            )
            verdict = _Verdict.model_validate_json(answer.content)
        except PartnerError as error:
            log.warning("captcha.unreachable", reason=error.reason)
            return False
        except ValidationError:
            log.warning("captcha.nonsense")
            return False
        if not verdict.success:
            log.info("captcha.refused", errors=verdict.errors[:5], action=action)
            return False
        if verdict.score is None:
            return True
        return verdict.action == action and verdict.score >= MINIMAL_SCORE

    async def close(self) -> None:
        await self._partner.close()


def captcha_for(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Captcha:
    """The captcha that the settings ask for: a secret turns it on, and a local stack asks its simulator."""
    if settings.recaptcha_secret is None:
        return NoCaptcha()
    url = settings.recaptcha_url or (settings.partner_url("", "recaptcha") if settings.simulates else GOOGLE)
    partner = Partner("recaptcha", url, deadline=DEADLINE, timeout=DEADLINE, transport=transport)
    return ReCaptcha(settings.recaptcha_secret.get_secret_value(), partner)
