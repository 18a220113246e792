"""The loop that sends what the book holds, mails and texts."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from documents.mails.actions import claim, mark_failed, mark_sent, release_lost
from documents.mails.models import Mail
from documents.mails.notices import secret_parameters
from documents.mails.outgoing import outgoing, outgoing_text
from documents.mails.texts import ATTEMPTS, SECRETS, WORTH, TextTransport, make_text_transport
from documents.mails.transports import DeliveryFailed, MailboxTransport, Transport, make_transport
from documents.rendering.pool import RenderingUnavailable, RenderPool
from documents.settings import Settings
from documents.tickets.actions import TicketPrinter, make_storage
from shared import clock
from shared.database.session import Database
from shared.telemetry.spans import span

log = structlog.get_logger(__name__)

SENT = Counter("documents_mails_sent", "Mails that left", ("kind", "transport"))
FAILED = Counter("documents_mail_attempts_failed", "Attempts at a mail that failed", ("kind",))
POLL_SECONDS = 1.0


class MailSender:
    """Sends due mails, several at a time, each settled in a transaction of its own."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        printer: TicketPrinter,
        settings: Settings,
        texts: TextTransport | None = None,
    ) -> None:
        self._database = database
        self._transport = transport
        self._texts = texts or make_text_transport(settings)
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
                await self._deliver(mail)
        except DeliveryFailed as failure:
            error, permanent = str(failure), failure.permanent
        except RenderingUnavailable as failure:
            error = str(failure)
        except Exception as failure:
            # One mail that cannot be composed must not stop the others.
            log.error("mail.unexpected", mail_id=mail.id, kind=mail.kind, exc_info=failure)
            error = type(failure).__name__
        forget, transport = self._secrets(mail), self._transport_of(mail)
        async with self._database.transaction() as session:
            if error is None:
                await mark_sent(session, mail, transport, forget=forget)
                SENT.labels(mail.kind, transport).inc()
            else:
                FAILED.labels(mail.kind).inc()
                most = ATTEMPTS if mail.channel == "sms" else self._settings.mail_attempts
                await mark_failed(session, mail, error, permanent=permanent, most=most, forget=forget)

    async def _deliver(self, mail: Mail) -> None:
        if mail.channel != "sms":
            await self._transport.deliver(outgoing(mail, self._settings, self._printer))
        elif mail.created_at <= clock.now() - WORTH:
            raise DeliveryFailed("too late", permanent=True)
        else:
            await self._texts.deliver(outgoing_text(mail))

    def _transport_of(self, mail: Mail) -> str:
        return self._texts.name if mail.channel == "sms" else self._transport.name

    def _secrets(self, mail: Mail) -> frozenset[str]:
        """What to forget of a message. The local mailbox is the message itself: its links and codes must stay there."""
        if mail.channel == "sms":
            return frozenset() if self._texts.simulated else SECRETS.get(mail.kind, frozenset())
        return frozenset() if self._transport.name == MailboxTransport.name else secret_parameters(mail.kind)


class MailLoop:
    """The worker's loop: rounds until told to stop, with rendering processes of its own when mails really leave."""

    __name__ = "mails"

    def __init__(self, settings: Settings, pool: RenderPool) -> None:
        self._settings = settings
        self._pool = pool

    async def __call__(self, database: Database, stop: asyncio.Event) -> None:
        settings = self._settings
        printer = TicketPrinter(self._pool, make_storage(settings), settings)
        texts = make_text_transport(settings)
        sender = MailSender(database, make_transport(settings), printer, settings, texts)
        if settings.smtp_url:
            self._pool.warm()
        while not stop.is_set():
            if await sender.send_due() == settings.mail_batch:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)
        await texts.close()
        self._pool.close()
