"""Texts to telephones: what they say, the port through which they leave, and its adapter (users rules: e-mails and SMS).

The words stay within the alphabet that telephones send 160 characters of; a single accent outside of it would make two
texts of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from string import Formatter
from typing import Any, Protocol

import httpx
import orjson

from documents.mails.transports import DeliveryFailed
from documents.settings import Settings
from shared.outbound import (
    BREAKER_OPEN,
    NOT_CONFIGURED,
    Partner,
    PartnerBusy,
    PartnerNonsense,
    PartnerRefused,
    PartnerUnavailable,
)

TEXTS: Mapping[str, str] = {
    "phone_validation_code": "{CODE} est ton code de confirmation pass Culture, à ne donner à personne.",
}
SECRETS: Mapping[str, frozenset[str]] = {"phone_validation_code": frozenset({"CODE"})}
FORGOTTEN = "******"

# A code is worth nothing afterwards (users rules: phone validation).
WORTH = timedelta(hours=12)
ATTEMPTS = 3

# What a call that never reached the partner, or that the partner says it did not serve, ended with.
_NOT_CONNECTED = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", NOT_CONFIGURED, BREAKER_OPEN})
_NOT_SERVED = frozenset({"500", "503"})
_OUR_ACCOUNT = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.PAYMENT_REQUIRED, httpx.codes.FORBIDDEN})


def words_of(kind: str, parameters: Mapping[str, Any]) -> str:
    """The text as it is read; a parameter that was forgotten is starred."""
    words = TEXTS[kind]
    names = {name for _, name, _, _ in Formatter().parse(words) if name}
    return words.format_map({name: str(parameters.get(name, FORGOTTEN)) for name in names})


@dataclass(frozen=True)
class OutgoingText:
    """`recipient` is an E.164 number; `tag` tells the provider's statistics what it was."""

    recipient: str
    content: str
    tag: str


class TextTransport(Protocol):
    """Where texts go. `deliver` returns once the provider answers for the text, or raises DeliveryFailed.

    A failure is permanent, too, when the text may have left: nobody shall get a text twice, and whoever got none asks for
    another code. `simulated`: nothing leaves this machine.
    """

    name: str
    simulated: bool

    async def deliver(self, text: OutgoingText) -> None: ...


class BrevoTexts:
    """Brevo's transactional texts, over HTTP."""

    name = "brevo"

    def __init__(self, partner: Partner, sender: str, *, simulated: bool = False) -> None:
        self._partner = partner
        self._sender = sender
        self.simulated = simulated

    async def deliver(self, text: OutgoingText) -> None:
        body = {
            "sender": self._sender,
            "recipient": text.recipient.removeprefix("+"),
            "content": text.content,
            "type": "transactional",
            "tag": text.tag,
        }
        try:
            answer = await self._partner.call(
                "POST", "/v3/transactionalSMS/send", operation="send_text", json=body, safe=False, max_bytes=65_536
            )
        except PartnerBusy as error:
            raise DeliveryFailed("429", permanent=False) from error
        except PartnerUnavailable as error:
            unsent = error.reason in _NOT_CONNECTED | _NOT_SERVED
            raise DeliveryFailed(
                error.reason if unsent else f"unknown: {error.reason}", permanent=not unsent
            ) from error
        except PartnerRefused as error:
            # Never the provider's sentence: it repeats the number.
            raise DeliveryFailed(
                f"{error.status} {_code_of(error)}".rstrip(), permanent=error.status not in _OUR_ACCOUNT
            ) from error
        except PartnerNonsense as error:
            raise DeliveryFailed("unknown: too long an answer", permanent=True) from error
        if not _is_receipt(answer.content):
            raise DeliveryFailed("unknown: no receipt in the answer", permanent=True)

    async def close(self) -> None:
        await self._partner.close()


def _is_receipt(content: bytes) -> bool:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and isinstance(said.get("messageId"), int)


def _code_of(refused: PartnerRefused) -> str:
    """The provider's word for its refusal, when it is one of a machine."""
    try:
        code = refused.answer.json().get("code")
    except (ValueError, AttributeError):
        return ""
    return (
        code if isinstance(code, str) and code.isascii() and code.replace("_", "").isalpha() and len(code) < 60 else ""
    )


def make_text_transport(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> BrevoTexts:
    """The provider when it has an address, its simulator on a developer's machine; production must name one."""
    if settings.is_production and not (settings.sms_url and settings.sms_api_key.get_secret_value()):
        raise ValueError("SMS_URL and SMS_API_KEY are not set: texts would go nowhere")
    simulated = not settings.sms_url
    url = settings.sms_url or f"{settings.documents_url.rstrip('/')}/simulators/sms"
    key = settings.sms_api_key.get_secret_value()
    partner = Partner(
        "sms",
        url,
        deadline=15.0,
        timeout=10.0,
        headers={"api-key": key, "accept": "application/json"} if key else None,
        transport=transport,
    )
    return BrevoTexts(partner, settings.sms_sender, simulated=simulated)
