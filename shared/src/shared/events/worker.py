"""The worker process of a service: relay, consumers, loops, and its own health endpoint."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial
from importlib import import_module

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from shared import clock
from shared.database.session import Database
from shared.events import upkeep, watch
from shared.events.brokers import open_broker
from shared.events.consumers import Consumers
from shared.events.envelope import Aggregate
from shared.events.relay import Relay
from shared.events.subscribers import Subscribers, Subscription, join
from shared.features.following import Follower, Memory
from shared.memory import start_serving
from shared.settings import ServiceSettings
from shared.telemetry.logs import configure_logging
from shared.telemetry.spans import start_tracing
from shared.web.health import Check, database_check, health_router

log = structlog.get_logger(__name__)

Loop = Callable[[Database, asyncio.Event], Awaitable[None]]
Part = Callable[[], Awaitable[None]]
RESTART_PAUSE_SECONDS = 1.0


def published_by(context: str) -> tuple[Aggregate, ...]:
    """The aggregates that a context publishes."""
    return import_module(f"shared.events.{context}").AGGREGATES


class Worker:
    """Everything that a service does besides answering requests.

    `loops` are coroutines that work until their event is set; one that raises is logged and started again. `follows` are
    the memories of feature flags that this process keeps up to date: nothing is handled before they are known.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        subscribers: Sequence[Subscribers] = (),
        loops: Sequence[Loop] = (),
        checks: dict[str, Check] | None = None,
        follows: Sequence[Memory] = (),
    ) -> None:
        self.settings = settings
        self.subscriptions: list[Subscription] = join(subscribers)
        self.loops = list(loops)
        self.checks = dict(checks or {})
        self.follows = follows

    def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        configure_logging(
            f"{self.settings.context}-worker", level=self.settings.log_level, log_format=self.settings.log_format
        )
        clock.follow(self.settings.clock_offset_file)
        start_tracing(f"{self.settings.context}-worker", self.settings)
        start_serving()
        uvloop.run(self._main())

    async def _main(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self.work(stop)

    async def work(self, stop: asyncio.Event, *, serve_health: bool = True) -> None:
        """Run all parts until `stop` is set, then let each finish what it holds."""
        settings = self.settings
        database = Database(settings)
        await database.open()
        broker = open_broker(settings)
        relay = Relay(settings, database, broker)
        consumers = Consumers(settings, database, broker, self.subscriptions)

        async def relaying() -> bool:
            return relay.healthy

        async def consuming() -> bool:
            return consumers.healthy

        checks = {
            "database": database_check(database),
            "broker": broker.ping,
            "relay": relaying,
            "subscribers": consuming,
            **self.checks,
        }
        heard = [subscription.aggregate for subscription in self.subscriptions]
        published = published_by(settings.context)
        parts: dict[str, Part] = {
            "relay": lambda: relay.run(stop),
            "upkeep": lambda: upkeep.run(settings, database, broker, published, heard, stop),
            "watch": lambda: watch.run(settings.context, database, broker, heard, stop),
        }
        follower = Follower(database, self.follows, settings.feature_poll_seconds)
        if self.follows:
            checks["features"] = follower.is_known
            parts["features"] = lambda: follower.run(stop)
        if self.subscriptions:
            parts["consumers"] = follower.then(lambda: consumers.run(stop), stop)
        for work in self.loops:
            parts[getattr(work, "__name__", "loop")] = follower.then(partial(work, database, stop), stop)
        async with asyncio.TaskGroup() as group:
            for name, part in parts.items():
                group.create_task(_supervised(name, part, stop))
            if serve_health:
                group.create_task(_serve(settings, checks, stop))
        await broker.close()
        await database.close()
        log.info("worker.stopped")


async def _supervised(name: str, part: Part, stop: asyncio.Event) -> None:
    """Run a part until `stop` is set, again after whatever it raises: one that stumbles must not end the others. That it
    does not get up again is for its health check to say.
    """
    while not stop.is_set():
        try:
            await part()
        except Exception as error:
            log.error("worker.part_failed", part=name, exc_info=error)
            try:
                await asyncio.wait_for(stop.wait(), RESTART_PAUSE_SECONDS)
            except TimeoutError:
                continue
        else:
            return


class _Server(uvicorn.Server):
    """Leaves signals to the worker."""

    def install_signal_handlers(self) -> None:
        return

    def capture_signals(self):  # type: ignore[no-untyped-def]
        return nullcontext()


async def _serve(settings: ServiceSettings, checks: dict[str, Check], stop: asyncio.Event) -> None:
    app = FastAPI(openapi_url=None)
    app.include_router(health_router(checks))
    server = _Server(
        uvicorn.Config(app, host=settings.host, port=settings.worker_port, log_config=None, access_log=False)
    )
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done() and not stop.is_set():
        raise RuntimeError(f"the health endpoint could not listen on port {settings.worker_port}")
    server.should_exit = True
    stopping.cancel()
    await serving
