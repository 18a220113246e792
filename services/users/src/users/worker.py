"""The worker of the users service."""

from __future__ import annotations

from shared.events.worker import Worker
from users.accounts.achievements import subscribers as achievements
from users.features import flags
from users.features.subscribers import subscribers as features
from users.push.subscribers import subscribers as push
from users.replicas.subscribers import subscribers as replicas
from users.settings import Settings
from users.tasks.loop import partner_loop


def create_worker(settings: Settings) -> Worker:
    return Worker(
        settings,
        subscribers=[replicas, achievements, push, features],
        loops=[partner_loop(settings)],
        follows=[flags],
    )
