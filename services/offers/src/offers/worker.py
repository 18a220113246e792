"""The worker of offers."""

from __future__ import annotations

from offers.erasure.subscribers import subscribers as erasure
from offers.features import flags
from offers.reactions.subscribers import subscribers as reactions
from offers.replicas.subscribers import subscribers as replicas
from offers.search.subscribers import subscribers as search
from offers.settings import Settings
from shared.events.worker import Worker


def create_worker(settings: Settings) -> Worker:
    # The order is that of the handlers of one aggregate: replicas move before what reads them.
    return Worker(settings, subscribers=[replicas, reactions, search, erasure], follows=[flags])
