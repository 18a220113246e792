"""From a row of the book to a mail that can leave."""

from __future__ import annotations

import structlog

from documents.mails.composing import compose
from documents.mails.models import Mail
from documents.mails.texts import OutgoingText, words_of
from documents.mails.transports import Attachment, Outgoing
from documents.rendering.pool import RenderingFailed
from documents.settings import Settings
from documents.tickets.actions import TicketPrinter
from documents.tickets.rules import Ticket

log = structlog.get_logger(__name__)


def attachment_names(mail: Mail) -> list[str]:
    """The files that go with a mail, without making them."""
    ticket = mail.parameters.get("ticket")
    return [Ticket.model_validate(ticket).filename] if ticket else []


async def attachments_of(mail: Mail, printer: TicketPrinter) -> list[Attachment]:
    """The files of a mail, made now. A ticket that cannot be laid out is left out: the mail says everything too."""
    stored = mail.parameters.get("ticket")
    if not stored:
        return []
    ticket = Ticket.model_validate(stored)
    try:
        pdf = await printer.pdf(ticket, mail.parameters.get("ticket_image_url"))
    except RenderingFailed as error:
        log.error("mail.ticket_left_out", mail_id=mail.id, booking_id=mail.booking_id, error=str(error))
        return []
    return [Attachment(ticket.filename, "application/pdf", pdf)]


def outgoing(mail: Mail, settings: Settings, printer: TicketPrinter) -> Outgoing:
    composed = compose(mail.kind, mail.parameters, settings)
    return Outgoing(
        message_id=mail.message_id,
        sender=settings.mail_sender,
        recipient=mail.recipient,
        reply_to=mail.reply_to,
        subject=composed.subject,
        html=composed.html,
        text=composed.text,
        date=mail.created_at,
        attachments=lambda: attachments_of(mail, printer),
    )


def outgoing_text(mail: Mail) -> OutgoingText:
    return OutgoingText(recipient=mail.recipient, content=words_of(mail.kind, mail.parameters), tag=mail.kind)
