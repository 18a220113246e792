"""The app's refusals about bookings, in the keys and codes that it branches on."""

from __future__ import annotations

from bookings.booking.rules import BookingRefusal, CancellationRefusal
from shared.errors import ApiError, code_error, field_error, forbidden


def inactive_holder() -> ApiError:
    """One answer for an account that is unknown here and one that is suspended."""
    return forbidden("Ce compte n'est pas actif.", field="email")


def unknown_stock() -> ApiError:
    return field_error("stock", "Cette offre n'existe plus.")


def refused_booking(refusal: BookingRefusal) -> ApiError:
    """Why a booking was not made."""
    match refusal:
        case BookingRefusal.CATEGORY_FORBIDDEN:
            return code_error("OFFER_CATEGORY_NOT_BOOKABLE_BY_USER")
        case BookingRefusal.FREE_FORBIDDEN:
            return field_error(
                "cannotBookFreeOffers", "Seuls les bénéficiaires du pass Culture peuvent réserver cette offre gratuite."
            )
        case BookingRefusal.ALREADY_BOOKED:
            return code_error("ALREADY_BOOKED")
        case BookingRefusal.QUANTITY:
            return field_error("quantity", "Ce nombre de places ne peut pas être réservé pour cette offre.")
        case BookingRefusal.NOT_BOOKABLE:
            return code_error("STOCK_NOT_BOOKABLE")
        case BookingRefusal.CREDIT | BookingRefusal.DIGITAL_CREDIT | BookingRefusal.PHYSICAL_CREDIT:
            return code_error("INSUFFICIENT_CREDIT")
        case BookingRefusal.NO_ACTIVATION_CODE:
            return field_error("noActivationCodeAvailable", "Il ne reste plus de code d'activation pour cette offre.")


def refused_cancellation(refusal: CancellationRefusal) -> ApiError:
    """Why a booking was not cancelled."""
    match refusal:
        case CancellationRefusal.NOT_A_BENEFICIARY:
            return ApiError(400, {})
        case CancellationRefusal.ALREADY_USED:
            return code_error("ALREADY_USED", "Cette réservation a déjà été utilisée.")
        case CancellationRefusal.CONFIRMED:
            return code_error("CONFIRMED_BOOKING", "Le délai d'annulation de cette réservation est passé.")
        case CancellationRefusal.ALREADY_CANCELLED:
            raise ValueError("a booking that is cancelled already is no refusal for the app")
