"""How events are laid out in JetStream, and the making of what is not there yet.

    stream `users`       subjects `users.user`, `users.notice`, …        consumers `bookings-user`, …
    stream `users-dead`  subjects `users.user.dead`, `users.notice.dead`, …

Streams that an operator made (with replicas, placement, limits) are taken as they are.
"""

from __future__ import annotations

from nats.js.api import AckPolicy, ConsumerConfig, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from shared.events.brokers.jetstream_line import Line

# For how long the server knows a message again by its id, in seconds.
DUPLICATES_SECONDS = 120
DEAD_DUPLICATES_SECONDS = 3_600
DEAD_KEPT = 10_000
DEAD_DAYS = 30
_DAY_SECONDS = 86_400
_NAME_IN_USE = 10058


def publisher(stream: str) -> str:
    """The service that tells of an aggregate, and so the JetStream stream: `users` for `users.user`."""
    return stream.partition(".")[0]


def dead_stream(name: str) -> str:
    return f"{name}-dead"


def dead_subject(stream: str) -> str:
    return f"{stream}.dead"


def stream_of(stream: str, *, dead: bool) -> str:
    """The JetStream stream of an aggregate's entries, or of its dead letters."""
    return dead_stream(publisher(stream)) if dead else publisher(stream)


def consumer_name(stream: str, group: str) -> str:
    """`bookings-user`: what `bookings` reads of `users.user`."""
    return f"{group}-{stream.partition('.')[2]}"


class Streams:
    """Makes streams and consumers."""

    def __init__(self, line: Line, replicas: int) -> None:
        self._line = line
        self._replicas = replicas

    async def make(self, name: str) -> None:
        """The stream of a publishing service, where there is none. Nothing goes by age: `trim` drops what all have read."""
        await self._make(
            StreamConfig(
                name=name,
                subjects=[f"{name}.*"],
                storage=StorageType.FILE,
                num_replicas=self._replicas,
                duplicate_window=DUPLICATES_SECONDS,
            )
        )

    async def make_dead(self, name: str) -> None:
        """The stream of dead letters beside it."""
        await self._make(self._dead(name, DEAD_DAYS))

    async def keep_dead(self, name: str, days: int) -> None:
        """Have dead letters go after so many days, where there are any."""
        js = await self._line.jetstream()
        try:
            found = (await js.stream_info(dead_stream(name))).config
        except NotFoundError:
            return
        if found.max_age != days * _DAY_SECONDS:
            await js.update_stream(found.evolve(max_age=days * _DAY_SECONDS))

    def _dead(self, name: str, days: int) -> StreamConfig:
        return StreamConfig(
            name=dead_stream(name),
            subjects=[f"{name}.*.dead"],
            storage=StorageType.FILE,
            num_replicas=self._replicas,
            max_age=days * _DAY_SECONDS,
            max_msgs_per_subject=DEAD_KEPT,
            duplicate_window=DEAD_DUPLICATES_SECONDS,
        )

    async def _make(self, config: StreamConfig) -> None:
        js = await self._line.jetstream()
        try:
            await js.stream_info(str(config.name))
        except NotFoundError:
            try:
                await js.add_stream(config)
            except APIError as error:
                # Somebody else was quicker.
                if error.err_code != _NAME_IN_USE:
                    raise

    async def make_consumer(self, stream: str, group: str, claim_seconds: float) -> None:
        """What a service reads of an aggregate, from its beginning. One that is there learns how long entries are held."""
        name = publisher(stream)
        await self.make(name)
        js = await self._line.jetstream()
        durable = consumer_name(stream, group)
        await js.add_consumer(
            name,
            ConsumerConfig(
                name=durable,
                durable_name=durable,
                filter_subject=stream,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=claim_seconds,
                # How often an event is tried is for `Consumers` to say: a database that is away counts against none.
                max_deliver=-1,
            ),
        )
