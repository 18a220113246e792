from sqlalchemy.ext.asyncio import AsyncSession

from sample.base import ThingReplica
from sample.events import THING, ThingState
from sample.features import flags
from shared.database import upsert_replica
from shared.events import Event, Subscribers
from shared.events.worker import Worker
from shared.settings import ServiceSettings

subscribers = Subscribers()


@subscribers.on(THING)
async def replicate(event: Event[ThingState], session: AsyncSession) -> None:
    if event.state.label == "poison":
        raise ValueError("cannot digest")
    await upsert_replica(session, ThingReplica, event, label=event.state.label)


def create_worker(settings: ServiceSettings) -> Worker:
    return Worker(settings, subscribers=[subscribers], follows=[flags])
