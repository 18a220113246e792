"""What tests look at and act with: the outbox, deliveries, tokens, the clock, SQL statements."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncCursor
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from shared import clock
from shared.database.session import Database
from shared.events.envelope import Aggregate, State
from shared.events.subscribers import Subscription
from shared.identity.keys import SigningKey, jwks
from shared.identity.tokens import Kind, sign


@dataclass
class EventRecorder:
    """Reads the outbox, as the relay will."""

    database: Database

    async def published(self, name: str | None = None) -> list[dict[str, Any]]:
        """Events in the order of their rows: `name`, `aggregate_id`, `aggregate_version` and `state`."""
        statement = "SELECT id AS aggregate_version, name, aggregate_id, state FROM outbox"
        if name is not None:
            statement += " WHERE name = :name"
        async with self.database.transaction() as session:
            result = await session.execute(text(statement + " ORDER BY id"), {"name": name} if name else {})
            return [dict(row) for row in result.mappings()]

    async def names(self) -> list[str]:
        return [event["name"] for event in await self.published()]


@dataclass
class Delivery:
    """Hands events to a service's handlers as its worker does: one transaction, receipt included."""

    database: Database
    subscriptions: list[Subscription]
    _version: int = 0

    async def __call__(
        self,
        aggregate: Aggregate[Any],
        fact: str,
        state: State,
        *,
        version: int | None = None,
        event_id: Any = None,
    ) -> bool:
        """Deliver one event; False when its id had been received. Versions grow unless given."""
        self._version = max(self._version + 1, version or 0)
        subscription = next((item for item in self.subscriptions if item.aggregate.stream == aggregate.stream), None)
        if subscription is None:
            raise LookupError(f"nobody here listens to {aggregate.stream}")
        envelope = {
            "id": event_id or uuid7(),
            "name": aggregate.event_name(fact),
            "occurred_at": clock.now(),
            "aggregate_id": state.id,
            "aggregate_version": version if version is not None else self._version,
            "state": state.model_dump(mode="json"),
        }
        async with self.database.transaction() as session:
            return await subscription.apply(aggregate.event.model_validate(envelope), session)


@dataclass
class Tokens:
    """Request headers for any caller; the application under test trusts this key as every issuer's."""

    key: SigningKey = field(default_factory=SigningKey.generate)

    @property
    def jwks(self) -> dict[str, Any]:
        return jwks([self.key])

    def token(self, kind: Kind, subject: int, *, lifetime: timedelta = timedelta(minutes=15), **claims: Any) -> str:
        moment = clock.now()
        return sign(self.key, kind=kind, subject=subject, issued_at=moment, expires_at=moment + lifetime, **claims)

    def native(self, user_id: int, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token('native', user_id, **claims)}"}

    def pro(self, user_id: int, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token('pro', user_id, **claims)}"}

    def provider(self, provider_id: int, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token('provider', provider_id, **claims)}"}


class ClockControl:
    """Stops and moves the only clock of this process."""

    def set(self, moment: datetime) -> datetime:
        clock.set_frozen(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        return clock.now()

    def advance(self, **delta: float) -> datetime:
        """Move on by a `timedelta(**delta)`, from where the clock stands."""
        return self.set(clock.now() + timedelta(**delta))


@dataclass
class StatementCounter:
    """Counts the SQL statements sent inside `with statements() as seen:`; `len(seen)` is the number.

    Those of the engines, and those of plain psycopg connections, but for BEGIN and COMMIT.
    """

    engines: list[AsyncEngine]

    @contextmanager
    def __call__(self) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        execute = AsyncCursor.execute

        def execute_noted(cursor: AsyncCursor[Any], query: Any, *rest: Any, **options: Any) -> Any:
            # SQLAlchemy's statements come this way too, and were noted above; so does what psycopg asks of a new connection,
            # which is no text.
            if (
                isinstance(query, (str, bytes))
                and query != "BEGIN"
                and not sys._getframe(1).f_globals["__name__"].startswith("sqlalchemy.")
            ):
                seen.append(query.decode() if isinstance(query, bytes) else query)
            return execute(cursor, query, *rest, **options)

        for engine in self.engines:
            event.listen(engine.sync_engine, "before_cursor_execute", note)
        AsyncCursor.execute = execute_noted  # type: ignore[method-assign]
        try:
            yield seen
        finally:
            AsyncCursor.execute = execute  # type: ignore[method-assign]
            for engine in self.engines:
                event.remove(engine.sync_engine, "before_cursor_execute", note)
