"""The worker: replicas, the book of mail, and the loop that sends."""

from __future__ import annotations

from documents.erasure import subscribers as erasure
from documents.features import flags
from documents.mails import subscribers as mails
from documents.mails.sender import MailLoop
from documents.replicas import subscribers as replicas
from documents.settings import Settings
from documents.tickets.actions import make_pool
from shared.events.worker import Worker
from shared.settings import ServiceSettings


def create_worker(settings: ServiceSettings) -> Worker:
    if not isinstance(settings, Settings):
        raise TypeError("documents needs its own settings")
    pool = make_pool(settings)
    return Worker(
        settings,
        # The replicas first: the mails of one event read what it changed.
        subscribers=[replicas.subscribers, mails.subscribers, erasure.subscribers],
        loops=[MailLoop(settings, pool)],
        follows=[flags],
        checks={"renderer": pool.ready} if settings.smtp_url else {},
    )
