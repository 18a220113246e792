"""The port through which mails leave, and its two adapters: an SMTP relay, and the mailbox of the local stack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from documents.settings import Settings


@dataclass(frozen=True)
class Attachment:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Outgoing:
    """A composed mail. `attachments` makes the files when an adapter needs them."""

    message_id: str
    sender: str
    recipient: str
    reply_to: str | None
    subject: str
    html: str
    text: str
    date: datetime
    attachments: Callable[[], Awaitable[list[Attachment]]]


class DeliveryFailed(Exception):
    """The mail did not leave. `permanent`: the same mail would be refused again."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Transport(Protocol):
    """Where mails go. `deliver` returns once somebody else answers for the mail, or raises DeliveryFailed."""

    name: str

    async def deliver(self, mail: Outgoing) -> None: ...


class MailboxTransport:
    """Keeps mails where they are: the book itself is the mailbox that `/mailbox` shows."""

    name = "mailbox"

    async def deliver(self, mail: Outgoing) -> None:
        return


class SmtpTransport:
    """Hands mails to a relay, a connection a mail."""

    name = "smtp"

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587")
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (465 if self._tls else 587)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._timeout = timeout

    async def deliver(self, mail: Outgoing) -> None:
        message = await as_message(mail)
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._tls,
                timeout=self._timeout,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refusal.code for refusal in error.recipients]
            raise DeliveryFailed(f"recipient refused {codes}", permanent=all(code >= 500 for code in codes)) from error
        except aiosmtplib.SMTPDataError as error:
            raise DeliveryFailed(f"message refused {error.code}", permanent=error.code >= 500) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            # Everything else is about the relay or our account there: waiting helps, losing the mail does not.
            raise DeliveryFailed(f"{type(error).__name__}: {error}", permanent=False) from error


async def as_message(mail: Outgoing) -> EmailMessage:
    """The MIME message: text and HTML as alternatives, then the attachments.

    The policy refuses line breaks in headers, so that a name cannot add one.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = mail.sender
    message["To"] = mail.recipient
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message["Subject"] = mail.subject
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(mail.date)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for attachment in await mail.attachments():
        main, _, sub = attachment.content_type.partition("/")
        message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.filename)
    return message


def make_transport(settings: Settings) -> Transport:
    """The relay when there is one; in production there must be one."""
    if settings.smtp_url:
        return SmtpTransport(settings.smtp_url, settings.smtp_timeout)
    if settings.is_production:
        raise ValueError("SMTP_URL is not set: mails would go nowhere")
    return MailboxTransport()
