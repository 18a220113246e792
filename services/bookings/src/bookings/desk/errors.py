"""The desk's refusals as the portal words them (bookings rules: desk)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bookings.desk.queries import Counter
from bookings.desk.rules import Refusal
from shared.errors import ApiError, field_error, forbidden, gone


def unknown_booking() -> ApiError:
    """One answer for no such counter-mark and for another structure's, so that nothing can be learnt by trying."""
    return field_error("global", "Cette contremarque n'a pas été trouvée", status=404)


def refused_use(refusal: Refusal, counter: Counter) -> ApiError:
    """Why a booking cannot be validated. The limit date is told as the clocks of the offer's zone show it."""
    match refusal:
        case Refusal.REFUNDED:
            return forbidden("Cette réservation a été remboursée", field="payment")
        case Refusal.ALREADY_USED:
            return gone("booking", "Cette réservation a déjà été validée")
        case Refusal.CANCELLED:
            return gone("booking_cancelled", "Cette réservation a été annulée")
        case Refusal.OFFERER_CLOSED:
            return forbidden("La structure de cette offre est fermée, elle ne valide plus rien", field="booking")
        case Refusal.NOT_CONFIRMED:
            return forbidden(_too_early(counter.presented.cancellation_limit_date, counter.timezone), field="booking")
        case _:
            raise ValueError(f"{refusal} does not refuse a validation")


def refused_keep(refusal: Refusal) -> ApiError:
    """Why a validation cannot be taken back."""
    match refusal:
        case Refusal.HAS_ACTIVATION_CODE:
            sentence = "Un code d'activation a été remis : cette validation ne peut pas être annulée"
            return forbidden(sentence, field="booking")
        case Refusal.CANCELLED:
            return gone("booking", "Cette réservation a été annulée")
        case Refusal.REFUNDED:
            return gone("payment", "Le remboursement de cette réservation est en cours ou terminé")
        case Refusal.NOT_USED:
            return gone("booking", "Cette réservation n'a pas encore été validée")
        case _:
            raise ValueError(f"{refusal} does not refuse to take a validation back")


def _too_early(limit: datetime | None, timezone: str) -> str:
    if limit is None:
        return "Cette réservation n'est pas encore confirmée : son détenteur peut encore l'annuler"
    moment = limit.astimezone(ZoneInfo(timezone))
    return (
        f"Vous pourrez valider cette contremarque à partir du {moment:%d/%m/%Y à %H:%M}, "
        "une fois le délai d'annulation passé"
    )
