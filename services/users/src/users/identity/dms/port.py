"""What this service asks of Démarche Numérique."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from users.identity.dms.rules import Application, DmsState


@dataclass(frozen=True)
class Deleted:
    number: int
    at: datetime


class Dms(Protocol):
    """Every method may raise `shared.outbound.PartnerError`."""

    async def application(self, number: int) -> Application: ...

    def applications(
        self, procedure: int, *, since: datetime | None = None, state: DmsState | None = None
    ) -> AsyncIterator[Application]:
        """Those of a procedure that are not archived, in pages."""
        ...

    def deleted(self, procedure: int, *, since: datetime | None = None) -> AsyncIterator[Deleted]: ...

    async def send_message(self, application_id: str, text: str) -> None: ...

    async def refuse(self, application_id: str, reason: str, *, is_draft: bool) -> None: ...

    async def close_without_continuation(self, application_id: str, reason: str, *, is_draft: bool) -> None: ...

    async def add_label(self, application_id: str, procedure: int, name: str) -> None:
        """Put a label of the procedure on an application; one that the procedure lacks is not put."""
        ...

    async def archive(self, application_id: str) -> None: ...

    async def close(self) -> None: ...
