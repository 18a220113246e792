"""The other services, asked for what they keep of a person, with a token of that person which lives for a minute.

Each answers about the bearer alone, as for the app; nothing personal travels by events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any

import httpx
import orjson
from pydantic import TypeAdapter, ValidationError

from shared import clock
from shared.identity import SigningKey, sign
from shared.outbound import Partner, PartnerNonsense
from users.settings import Settings

_PATH = "/internal/extracts/me"
_MOST_BYTES = 32 * 1024 * 1024
_Sections = TypeAdapter(dict[str, list[dict[str, Any]]])


def token_of(key: SigningKey, account_id: int) -> str:
    """A token of the person for the house, which lets its bearer read what the app could."""
    now = clock.now()
    return sign(key, kind="native", subject=account_id, issued_at=now, expires_at=now + timedelta(minutes=2), roles=[])


class House:
    """The services that keep something of a person."""

    def __init__(self, settings: Settings, transports: Mapping[str, httpx.AsyncBaseTransport] | None = None) -> None:
        addresses = {
            "offers": settings.offers_url,
            "bookings": settings.bookings_url,
            "documents": settings.documents_url,
        }
        given = transports or {}
        self._partners = {
            name: Partner(name, url, deadline=60.0, timeout=45.0, transport=given.get(name))
            for name, url in addresses.items()
        }

    async def __aenter__(self) -> House:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for partner in self._partners.values():
            await partner.close()

    async def kept(self, token: str) -> dict[str, list[dict[str, Any]]]:
        """The sections that the other services know, by name."""
        found: dict[str, list[dict[str, Any]]] = {}
        for sections in await asyncio.gather(*(self._ask(name, token) for name in self._partners)):
            found |= sections
        return found

    async def _ask(self, name: str, token: str) -> dict[str, list[dict[str, Any]]]:
        answer = await self._partners[name].call(
            "GET", _PATH, operation="extract", headers=_bearer(token), max_bytes=_MOST_BYTES
        )
        try:
            return _Sections.validate_json(answer.content)
        except ValidationError:
            # Not the values: they are somebody's.
            raise PartnerNonsense(name, "extract", "unexpected shape") from None

    async def laid_out(self, token: str, document: dict[str, Any]) -> bytes:
        """The document as PDF. Laying out twice is the same as once."""
        answer = await self._partners["documents"].call(
            "POST",
            "/internal/extracts/pdf",
            operation="lay_out",
            safe=True,
            max_bytes=_MOST_BYTES,
            content=orjson.dumps(document),
            headers={**_bearer(token), "Content-Type": "application/json"},
        )
        if not answer.content.startswith(b"%PDF"):
            raise PartnerNonsense("documents", "lay_out", "no PDF")
        return answer.content


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
