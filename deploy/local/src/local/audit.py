"""`./pc audit`: reads the four databases and the streams, and tells what is not as it must be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module, util
from typing import Any

from local.topology import SERVICES
from shared.commands import replays_of
from shared.database import Database
from shared.events import audit as events
from shared.events.audit import Reader
from shared.events.brokers import Broker, DeadLetter, open_broker
from shared.events.envelope import Aggregate
from shared.events.replay import Page
from shared.events.subscribers import Subscription
from shared.events.worker import published_by
from shared.settings import ServiceSettings

_SHOWN = 20


@dataclass
class Report:
    """What the audit found, in sentences.

    `unsettled`: what is still on its way (normal for a moment, wrong for long). `broken`: what no patience mends.
    `dead`: events set aside. `rows` were compared with their owners; `untold` are missing at a reader, but no fact that is
    still kept tells of them; `skipped` names handlers whose effects were not compared.
    """

    unsettled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    rows: int = 0
    untold: int = 0
    skipped: set[str] = field(default_factory=set)

    @property
    def is_clean(self) -> bool:
        return not (self.unsettled or self.broken or self.dead)

    def as_dict(self) -> dict[str, object]:
        dead = [{**asdict(letter), "data": letter.data.decode(errors="replace")} for letter in self.dead]
        return {
            "clean": self.is_clean,
            "unsettled": self.unsettled,
            "broken": self.broken,
            "dead": dead,
            "compared_rows": self.rows,
            "untold_rows": self.untold,
            "not_compared": sorted(self.skipped),
        }

    def lines(self) -> list[str]:
        """For a person."""
        found = [f"on its way: {line}" for line in self.unsettled] + [
            f"broken: {line}" for line in self.broken[:_SHOWN]
        ]
        if len(self.broken) > _SHOWN:
            found.append(f"… and {len(self.broken) - _SHOWN} more")
        return found + [f"set aside: {item.stream} by {item.group}, {item.reason}" for item in self.dead]


@dataclass(frozen=True)
class _Service:
    """One service as the audit sees it."""

    name: str
    database: Database
    subscriptions: list[Subscription]


class Auditor:
    """Looks at one platform. `environment` names the databases and the broker, as a service's environment does."""

    def __init__(self, services: Mapping[str, _Service], broker: Broker) -> None:
        self._services = services
        self._broker = broker

    async def unsettled(self) -> list[str]:
        """What is still on its way: facts in outboxes, entries unread or unacknowledged, mails due."""
        before = await self._outboxes()
        found = [f"{count} facts in the outbox of {name}" for name, (count, _) in before.items() if count]
        for service in self._services.values():
            for subscription in service.subscriptions:
                stream = subscription.aggregate.stream
                waiting = await self._broker.waiting(stream, service.name)
                if waiting:
                    found.append(f"{waiting} entries of {stream} for {service.name}")
            look = getattr(_audit_module(service.name), "unsettled", None)
            if look is not None:
                async with service.database.transaction() as session:
                    found += await look(session)
        # What was taken meanwhile may have told something new.
        if not found and await self._outboxes() != before:
            found.append("facts told while looking")
        return found

    async def _outboxes(self) -> dict[str, tuple[int, int]]:
        found = {}
        for service in self._services.values():
            async with service.database.transaction() as session:
                found[service.name] = (await events.unpublished(session), await events.last_told(session))
        return found

    async def dead(self) -> list[DeadLetter]:
        """The events that were set aside."""
        found = []
        for name in self._services:
            for aggregate in published_by(name):
                found += await self._broker.dead_letters(aggregate.stream)
        return found

    async def report(self) -> Report:
        """Everything."""
        report = Report(unsettled=await self.unsettled(), dead=await self.dead())
        for service in self._services.values():
            look = getattr(_audit_module(service.name), "broken_laws", None)
            if look is not None:
                async with service.database.transaction() as session:
                    broken = await look(session)
                report.broken += [f"{service.name}: {law}: {rows}" for law, rows in broken.items()]
        for name in self._services:
            for aggregate, page in replays_of(name).values():
                await self._compare(aggregate, page, report)
        return report

    async def _compare(self, aggregate: Aggregate[Any], page: Page, report: Report) -> None:
        readers = [
            Reader(service.database, subscription, _mirrors(service.name).get(aggregate, ()))
            for service in self._services.values()
            for subscription in service.subscriptions
            if subscription.aggregate is aggregate
        ]
        compared = await events.compare(self._services[aggregate.context].database, page, readers)
        report.rows += compared.rows
        report.untold += compared.untold
        report.broken += compared.differences
        report.skipped |= compared.skipped


def _audit_module(service: str) -> Any:
    return import_module(f"{service}.audit") if util.find_spec(f"{service}.audit") else None


def _mirrors(service: str) -> Mapping[Any, Any]:
    return import_module(f"{service}.mirrors").MIRRORS if util.find_spec(f"{service}.mirrors") else {}


@asynccontextmanager
async def auditor(environment: Mapping[str, str]) -> AsyncIterator[Auditor]:
    """An auditor of the platform that the environment names, with connections of its own."""
    services: dict[str, _Service] = {}
    brokers: list[Broker] = []
    for name in SERVICES:
        settings_class: type[ServiceSettings] = import_module(f"{name}.settings").Settings
        settings = settings_class(
            database_url=environment[f"DATABASE_URL_{name.upper()}"],
            redis_url=environment["REDIS_URL"],
            broker_url=environment.get("BROKER_URL", ""),
            database_pool_size=2,
        )
        worker = import_module(f"{name}.worker").create_worker(settings)
        services[name] = _Service(name, Database(settings), worker.subscriptions)
        brokers = brokers or [open_broker(settings)]
    try:
        yield Auditor(services, brokers[0])
    finally:
        await brokers[0].close()
        for service in services.values():
            await service.database.close()


def audit(environment: Mapping[str, str]) -> Report:
    """One look at the platform."""

    async def look() -> Report:
        async with auditor(environment) as found:
            return await found.report()

    return asyncio.run(look())
