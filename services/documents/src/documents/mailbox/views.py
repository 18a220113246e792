"""What the mailbox shows of a mail."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi.responses import HTMLResponse

from documents.formatting import french_date
from documents.mails.composing import compose
from documents.mails.models import Mail
from documents.mails.notices import NOTICES
from documents.mails.outgoing import attachment_names
from documents.settings import Settings
from documents.templating import templates

KINDS = {
    "booking_confirmed": "Réservation confirmée",
    "new_booking": "Nouvelle réservation",
    "first_booking": "Première réservation",
    "cancelled_by_beneficiary": "Annulation par le jeune",
    "cancelled_by_partner": "Annulation par la structure",
    "cancelled_for_partner": "Annulation, pour la structure",
    "partner_cancellation_recap": "Récapitulatif d'annulation",
    "event_postponed": "Nouvelle date",
    "event_postponed_for_partner": "Nouvelle date, pour la structure",
    "withdrawal_changed": "Nouvelles modalités de retrait",
    "event_tomorrow": "Évènement demain",
    "bookings_soon_expired": "Bientôt expirées",
    "bookings_expired": "Expiration",
    "bookings_expired_for_partner": "Expiration, pour la structure",
    "phone_validation_code": "SMS : code de confirmation",
    **{kind: notice.subject for kind, notice in sorted(NOTICES.items(), key=lambda pair: pair[1].subject)},
}
CHANNELS = {"email": "E-mails", "sms": "SMS"}
STATES = {"queued": "en attente", "sending": "en cours d'envoi", "sent": "envoyé", "failed": "échec"}

_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'"
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(
        templates("documents.mailbox").get_template(template).render(**values),
        headers={"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-store"},
    )


def list_view(mail: Mail, settings: Settings) -> dict[str, Any]:
    """One line of the list."""
    composed = compose(mail.kind, mail.parameters, settings)
    return {
        "id": mail.id,
        "kind": mail.kind,
        "kind_label": "SMS"
        if mail.channel == "sms"
        else "Compte"
        if mail.kind in NOTICES
        else KINDS.get(mail.kind, "?"),
        "channel": mail.channel,
        "recipient": mail.recipient or "(effacé)",
        "subject": composed.subject,
        "state": mail.state,
        "state_label": STATES[mail.state],
        "created_at": mail.created_at.isoformat(),
        "when": _when(mail),
        "attachments": len(attachment_names(mail)),
    }


def full_view(mail: Mail, settings: Settings) -> dict[str, Any]:
    """Everything about a mail, JSON-ready."""
    composed = compose(mail.kind, mail.parameters, settings)
    headers = (
        {"From": settings.sms_sender, "To": mail.recipient}
        if mail.channel == "sms"
        else {
            "From": settings.mail_sender,
            "To": mail.recipient,
            **({"Reply-To": mail.reply_to} if mail.reply_to else {}),
            "Subject": composed.subject,
            "Message-ID": mail.message_id,
        }
    )
    return {
        **list_view(mail, settings),
        "event_id": str(mail.event_id),
        "booking_id": mail.booking_id,
        "user_id": mail.user_id,
        "reply_to": mail.reply_to,
        "headers": headers,
        "html": composed.html,
        "text": composed.text,
        "attachments": [
            {
                "filename": name,
                "content_type": "application/pdf",
                "url": f"/mailbox/{mail.id}/attachments/{quote(name)}",
            }
            for name in attachment_names(mail)
        ],
        "attempts": mail.attempts,
        "last_error": mail.last_error,
        "sent_at": mail.sent_at.isoformat() if mail.sent_at else None,
        "sent_by": mail.sent_by,
    }


def _when(mail: Mail) -> str:
    local = french_date(mail.created_at, "Europe/Paris", weekday=False)
    return f"{local}, {mail.created_at.astimezone(_paris()):%H:%M:%S}"


@cache
def _paris() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Paris")
