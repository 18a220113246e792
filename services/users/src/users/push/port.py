"""What this service tells whoever pushes to phones, for each app of theirs."""

from __future__ import annotations

from typing import Any, Protocol

Attributes = dict[str, Any]


class Push(Protocol):
    """Every method may raise `shared.outbound.PartnerError`. `app` is one of `apps`."""

    apps: tuple[str, ...]

    async def happened(self, app: str, user_id: int, name: str, attributes: Attributes) -> None:
        """Something happened to a person, at which campaigns push."""
        ...

    async def describe(self, app: str, user_id: int, attributes: Attributes) -> None:
        """What is known of a person; what is not named stays."""
        ...

    async def forget(self, app: str, user_id: int) -> None:
        """Nothing is known of a person any more. Whom it does not know is no error."""
        ...

    async def close(self) -> None: ...
