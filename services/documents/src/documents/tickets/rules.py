"""What a ticket says, decided from the booking alone: the same booking always gives the same ticket."""

from __future__ import annotations

from documents.formatting import (
    address_lines,
    beneficiary_price,
    french_date,
    french_hour,
    full_name,
    location,
    one_line,
    paragraphs,
    slug,
    zone_note,
    zone_of,
)
from documents.tickets.content import Fact, Kind, Ticket
from shared.events.bookings import Booking
from shared.humanized import humanize

_TITLES: dict[Kind, str] = {"event": "Billet", "thing": "Bon de retrait", "online": "Accès en ligne"}


def qr_payload(token: str) -> str:
    """What desk scanners read (documents rules: QR code)."""
    return f"PASSCULTURE:v3;TOKEN:{token}"


def ticket_of(booking: Booking) -> Ticket:
    """The ticket of a booking that stands."""
    kind = kind_of(booking)
    code = booking.activation_code or booking.token
    return Ticket(
        booking_id=booking.id,
        kind=kind,
        title=_TITLES[kind],
        offer_name=one_line(booking.offer.name, 200) or "Offre sans nom",
        category=one_line(booking.offer.subcategory.label, 80),
        facts=_facts(booking, kind),
        holder=full_name(booking.beneficiary.first_name, booking.beneficiary.last_name) or booking.beneficiary.email,
        code_label="Code d'activation" if booking.activation_code else "Contremarque",
        code=one_line(code, 120),
        code_note=_code_note(booking),
        qr=None if kind == "online" else qr_payload(booking.token),
        instructions_title=_instructions_title(booking, kind),
        instructions=_instructions(booking, kind),
        details=paragraphs(booking.offer.withdrawal_details or ""),
        contact=one_line(booking.offer.booking_contact or "", 120) or None,
        status_note=_status_note(booking),
        url=access_url(booking),
        reference=f"Réservation n° {booking.id} du {french_date(booking.date_created, zone_of(booking), weekday=False)}",
        issued=booking.date_created.isoformat(),
        filename=f"pass-culture-{slug(booking.offer.name)}-{booking.token}.pdf",
    )


def kind_of(booking: Booking) -> Kind:
    """How the ticket is used: at a date, at a counter, or on a site."""
    if booking.offer.url or booking.offer.subcategory.is_online_only:
        return "online"
    return "event" if booking.offer.subcategory.is_event else "thing"


def access_url(booking: Booking) -> str | None:
    """The offer's address with its placeholders filled (bookings rules: completed URL); None when there is none."""
    url = one_line(booking.offer.url or "", 2000).replace(" ", "%20")
    if not url:
        return None
    if not url.lower().startswith("http"):
        url = f"http://{url}"
    return (
        url.replace("{token}", booking.activation_code or booking.token)
        .replace("{offerId}", humanize(booking.offer.id))
        .replace("{email}", booking.beneficiary.email)
    )


def _facts(booking: Booking, kind: Kind) -> list[Fact]:
    return [*_when(booking, kind), _where(booking, kind), *_terms(booking)]


def _when(booking: Booking, kind: Kind) -> list[Fact]:
    zone = zone_of(booking)
    begins = booking.stock.beginning_datetime
    if begins is not None:
        hour = french_hour(begins, zone)
        note = zone_note(zone)
        return [
            Fact(label="Date", lines=[french_date(begins, zone).capitalize(), f"{hour} ({note})" if note else hour])
        ]
    if booking.activation_code and booking.activation_code_expiration_date:
        until = french_date(booking.activation_code_expiration_date, zone)
        return [Fact(label="À activer avant le", lines=[until.capitalize()])]
    if booking.expiration_date is not None:
        after = ["Passé ce jour, la réservation est annulée."] if kind == "thing" else []
        return [Fact(label="Valable jusqu'au", lines=[french_date(booking.expiration_date, zone).capitalize(), *after])]
    return []


def _where(booking: Booking, kind: Kind) -> Fact:
    venue = one_line(booking.venue.common_name, 120)
    if kind == "online":
        return Fact(label="Proposé par", lines=[venue])
    address = location(booking)
    lines = [venue]
    if address is not None:
        label = one_line(address.label or "", 120)
        if label and label.casefold() != venue.casefold():
            lines.append(label)
        lines += address_lines(address)
    return Fact(label="Lieu" if kind == "event" else "À retirer chez", lines=lines)


def _terms(booking: Booking) -> list[Fact]:
    facts = []
    price = [beneficiary_price(booking)]
    if booking.quantity > 1 and booking.amount_cents:
        price.append(f"soit {booking.quantity} × {beneficiary_price(booking, unit=True)}")
    facts.append(Fact(label="Prix", lines=price))
    if booking.offer.subcategory.is_event:
        count = f"{booking.quantity} places" if booking.quantity > 1 else "1 place"
        facts.append(Fact(label="Quantité", lines=[count, "Offre duo"] if booking.quantity == 2 else [count]))
    elif booking.quantity > 1:
        facts.append(Fact(label="Quantité", lines=[str(booking.quantity)]))
    category = one_line(booking.price_category_label or "", 80)
    if category:
        facts.append(Fact(label="Tarif", lines=[category]))
    return facts


def _code_note(booking: Booking) -> str | None:
    if booking.activation_code is None:
        return None
    return f"Contremarque pass Culture : {booking.token}"


def _instructions_title(booking: Booking, kind: Kind) -> str:
    if kind == "online":
        return "Comment y accéder"
    return "Comment retirer ta réservation" if kind == "thing" else "Le jour de l'évènement"


def _instructions(booking: Booking, kind: Kind) -> list[str]:
    if kind == "online":
        if booking.activation_code:
            return ["Rends-toi sur le site du partenaire et saisis ton code d'activation."]
        return ["Rends-toi sur le site du partenaire et saisis ta contremarque si elle t'est demandée."]
    identity = "Garde une pièce d'identité sur toi : ce document est personnel et ne peut être ni revendu, ni échangé."
    if kind == "thing":
        return ["Présente le QR code ou la contremarque au comptoir, imprimé ou sur ton téléphone.", identity]
    delay = delay_in_words(booking.offer.withdrawal_delay)
    match booking.offer.withdrawal_type:
        case "by_email":
            when = f" au plus tard {delay} avant le début" if delay else " avant le début"
            first = f"L'organisateur t'envoie ton billet d'entrée par e-mail{when}. Ce document prouve ta réservation."
        case "on_site":
            when = f", {delay} avant le début" if delay else ""
            first = f"Présente le QR code ou la contremarque à l'accueil{when}, pour recevoir ton billet d'entrée."
        case "in_app":
            first = "Ton billet d'entrée s'affiche dans l'application pass Culture à l'approche de l'évènement."
        case _:
            first = "Présente le QR code ou la contremarque à l'entrée, imprimé ou sur ton téléphone."
    return [first, identity]


def _status_note(booking: Booking) -> str | None:
    if booking.status in {"USED", "REIMBURSED"} and booking.date_used is not None and booking.activation_code is None:
        return f"Réservation validée le {french_date(booking.date_used, zone_of(booking), weekday=False)}"
    return None


def delay_in_words(seconds: int | None) -> str | None:
    """A withdrawal delay as people say it: `30 minutes`, `2 heures`, `3 jours`, `1 semaine`; None for none."""
    if not seconds or seconds < 0:
        return None
    for size, one, many in ((604_800, "semaine", "semaines"), (86_400, "jour", "jours"), (3_600, "heure", "heures")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {one if count == 1 else many}"
    minutes = max(1, seconds // 60)
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
