"""The loop that sends what the book holds."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from documents.mails.actions import claim, mark_failed, mark_sent, release_lost
from documents.mails.models import Mail
from documents.mails.notices import secret_parameters
from documents.mails.outgoing import outgoing
from documents.mails.transports import DeliveryFailed, MailboxTransport, Transport, make_transport
from documents.rendering.pool import RenderingUnavailable, RenderPool
from documents.settings import Settings
from documents.tickets.actions import TicketPrinter, make_storage
from shared.database.session import Database
from shared.telemetry.spans import span

log = structlog.get_logger(__name__)

SENT = Counter("documents_mails_sent", "Mails that left", ("kind", "transport"))
FAILED = Counter("documents_mail_attempts_failed", "Attempts at a mail that failed", ("kind",))
POLL_SECONDS = 1.0


class MailSender:
    """Sends due mails, several at a time, each settled in a transaction of its own."""

    def __init__(self, database: Database, transport: Transport, printer: TicketPrinter, settings: Settings) -> None:
        self._database = database
        self._transport = transport
        self._printer = printer
        self._settings = settings

    async def send_due(self) -> int:
        """One round: claim, send, settle. The number of mails claimed."""
        async with self._database.transaction() as session:
            lost = await release_lost(session, self._settings.mail_claim_seconds)
            mails = await claim(session, self._settings.mail_batch)
        if lost:
            log.warning("mail.claims_lost", mails=lost)
        await asyncio.gather(*(self._send(mail) for mail in mails))
        return len(mails)

    async def _send(self, mail: Mail) -> None:
        error, permanent = None, False
        try:
            with span(f"send mail {mail.kind}", SpanKind.CLIENT, {"passculture.mail.id": mail.id}, parent=mail.trace):
                await self._transport.deliver(outgoing(mail, self._settings, self._printer))
        except DeliveryFailed as failure:
            error, permanent = str(failure), failure.permanent
        except RenderingUnavailable as failure:
            error = str(failure)
        except Exception as failure:
            # One mail that cannot be composed must not stop the others.
            log.error("mail.unexpected", mail_id=mail.id, kind=mail.kind, exc_info=failure)
            error = type(failure).__name__
        # The local mailbox is the mail itself: its links must stay for whoever opens it.
        forget = frozenset() if self._transport.name == MailboxTransport.name else secret_parameters(mail.kind)
        async with self._database.transaction() as session:
            if error is None:
                await mark_sent(session, mail, self._transport.name, forget=forget)
                SENT.labels(mail.kind, self._transport.name).inc()
            else:
                FAILED.labels(mail.kind).inc()
                most = self._settings.mail_attempts
                await mark_failed(session, mail, error, permanent=permanent, most=most, forget=forget)


class MailLoop:
    """The worker's loop: rounds until told to stop, with rendering processes of its own when mails really leave."""

    __name__ = "mails"

    def __init__(self, settings: Settings, pool: RenderPool) -> None:
        self._settings = settings
        self._pool = pool

    async def __call__(self, database: Database, stop: asyncio.Event) -> None:
        settings = self._settings
        printer = TicketPrinter(self._pool, make_storage(settings), settings)
        sender = MailSender(database, make_transport(settings), printer, settings)
        if settings.smtp_url:
            self._pool.warm()
        while not stop.is_set():
            if await sender.send_due() == settings.mail_batch:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)
        self._pool.close()
