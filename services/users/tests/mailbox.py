"""What was mailed, as `documents` will read it from the outbox."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.testing.recorders import EventRecorder


class Mailbox:
    """The notices asked for. A link's token is read as its receiver would."""

    def __init__(self, events: EventRecorder) -> None:
        self._events = events

    async def all(self, kind: str | None = None) -> list[dict[str, Any]]:
        notices = [event["state"] for event in await self._events.published("notice.requested")]
        return [notice for notice in notices if kind is None or notice["kind"] == kind]

    async def kinds(self) -> list[str]:
        return [notice["kind"] for notice in await self.all()]

    async def last(self, kind: str) -> dict[str, Any]:
        return (await self.all(kind))[-1]

    async def link(self, kind: str, parameter: str) -> dict[str, str]:
        """The query of the last link of a kind: `token` and the rest."""
        query = parse_qs(urlsplit((await self.last(kind))["parameters"][parameter]).query)
        return {name: values[0] for name, values in query.items()}

    async def token(self, kind: str, parameter: str) -> str:
        return (await self.link(kind, parameter))["token"]
