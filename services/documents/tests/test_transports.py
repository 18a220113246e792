"""One contract, two adapters: a real SMTP sink, and the mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP
from sqlalchemy import select

from documents.factories import BookingFactory
from documents.mails.models import Mail
from documents.mails.sender import MailSender
from documents.mails.transports import MailboxTransport, SmtpTransport
from shared.events.bookings import BOOKING


@dataclass
class Sink:
    """What an SMTP server got; `refusal` is what it answers to a message while set."""

    received: list[EmailMessage] = field(default_factory=list)
    refusal: str | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        message = message_from_bytes(envelope.content, policy=default_policy)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"]]
        self.received.append(message)
        return "250 OK"


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest_asyncio.fixture
async def relay(sink: Sink) -> AsyncIterator[asyncio.Server]:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, hostname="relay.test"), "127.0.0.1", 0
    )
    yield server
    server.close()


def port_of(server: asyncio.Server) -> int:
    return server.sockets[0].getsockname()[1]


@dataclass
class Seen:
    """A mail at the other end, whichever end that is."""

    headers: dict[str, str]
    html: str
    text: str
    attachments: dict[str, bytes]


def _seen_by_smtp(message: EmailMessage) -> Seen:
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    names = ("From", "To", "Reply-To", "Subject", "Message-ID")
    return Seen(
        headers={name: str(message[name]) for name in names if message[name]},
        html=html.get_content().replace("\r\n", "\n"),
        text=text.get_content().replace("\r\n", "\n"),
        attachments={str(part.get_filename()): part.get_content() for part in message.iter_attachments()},
    )


@pytest.fixture(params=["smtp", "mailbox"])
def adapter(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.usefixtures("printing")
async def test_a_mail_arrives_whole(
    adapter: str, relay: asyncio.Server, sink: Sink, deliver: Any, database: Any, client: httpx.AsyncClient,
    settings: Any, printer: Any,
) -> None:  # fmt: skip
    booking = BookingFactory.build(offer__name="Été & Łódź 🎸", token="K7XW2B", beneficiary__email="jeanne@example.com")
    await deliver(BOOKING, "created", booking)
    transport = SmtpTransport(f"smtp://127.0.0.1:{port_of(relay)}", 5) if adapter == "smtp" else MailboxTransport()
    assert await MailSender(database, transport, printer, settings).send_due() == 2

    if adapter == "smtp":
        seen = {message["To"]: _seen_by_smtp(message) for message in sink.received}
    else:
        seen = {}
        for mail in (await client.get("/mailbox.json")).json()["mails"]:
            files = {file["filename"]: (await client.get(file["url"])).content for file in mail["attachments"]}
            seen[mail["recipient"]] = Seen(mail["headers"], mail["html"], mail["text"], files)
    assert set(seen) == {"jeanne@example.com", "partenaire@example.com"}
    holder, partner = seen["jeanne@example.com"], seen["partenaire@example.com"]
    assert holder.headers["Subject"] == "C'est réservé : Été & Łódź 🎸"
    assert "Reply-To" not in holder.headers
    assert partner.headers["Reply-To"] == "jeanne@example.com"
    assert "Été &amp; Łódź 🎸" in holder.html
    assert "K7XW2B" in holder.text
    [(filename, pdf)] = holder.attachments.items()
    assert filename == "pass-culture-ete-odz-K7XW2B.pdf"
    assert pdf.startswith(b"%PDF-")
    assert partner.attachments == {}
    async with database.transaction() as session:
        rows = list(await session.scalars(select(Mail)))
    assert {row.sent_by for row in rows} == {adapter}
    assert {row.message_id for row in rows} == {mail.headers["Message-ID"] for mail in seen.values()}


async def _send_one(relay_port: int, deliver: Any, database: Any, settings: Any, printer: Any) -> Mail:
    await deliver(BOOKING, "created", BookingFactory.build(digital=True, offer__booking_email=None))
    transport = SmtpTransport(f"smtp://127.0.0.1:{relay_port}", 5)
    await MailSender(database, transport, printer, settings).send_due()
    async with database.transaction() as session:
        mail = await session.scalar(select(Mail).order_by(Mail.id.desc()))
    assert mail is not None
    return mail


async def test_answers_of_a_relay(
    relay: asyncio.Server, sink: Sink, deliver: Any, database: Any, settings: Any, printer: Any
) -> None:
    arguments = (deliver, database, settings, printer)
    port = port_of(relay)
    sink.refusal = "451 try again later"
    assert (await _send_one(port, *arguments)).state == "queued"
    sink.refusal = "554 we do not want this"
    assert (await _send_one(port, *arguments)).state == "failed"
    relay.close()
    down = await _send_one(port, *arguments)
    assert (down.state, down.attempts) == ("queued", 1)
    assert sink.received == []


@pytest.mark.parametrize("url", ["http://relay", "smtp://", "relay:25"])
def test_a_relay_address_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpTransport(url, 5)
