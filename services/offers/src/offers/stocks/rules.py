"""Stock rules: what is bookable, what a price may be, which dates and quantities hold, what may still be deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from shared.errors import ApiError, field_error
from shared.money import to_xpf

MAX_PRICE_CENTS = 300_00
MAX_PRICE_XPF = 23_865
MAX_STOCKS = 2_500
MAX_QUANTITY = 1_000_000
MAX_PRICE_CATEGORIES = 50
MAX_DELETED_AT_ONCE = 50
DELETABLE_AFTER_BEGINNING = timedelta(hours=48)
ACTIVATION_CODE_MARGIN = timedelta(days=7)


class StockState(Protocol):
    """What the rules ask of a stock; `booked_quantity` is what `bookings` last said."""

    @property
    def quantity(self) -> int | None: ...
    @property
    def booked_quantity(self) -> int: ...
    @property
    def beginning_datetime(self) -> datetime | None: ...
    @property
    def booking_limit_datetime(self) -> datetime | None: ...
    @property
    def is_soft_deleted(self) -> bool: ...


def remaining(stock: StockState) -> int | None:
    """How many can still be booked; None when unlimited, never negative."""
    return None if stock.quantity is None else max(0, stock.quantity - stock.booked_quantity)


def has_begun(stock: StockState, now: datetime) -> bool:
    return stock.beginning_datetime is not None and stock.beginning_datetime <= now


def has_limit_passed(stock: StockState, now: datetime) -> bool:
    """Whether its booking limit is past; a stock without a limit never passes."""
    return stock.booking_limit_datetime is not None and stock.booking_limit_datetime <= now


def is_expired(stock: StockState, now: datetime) -> bool:
    return has_begun(stock, now) or has_limit_passed(stock, now)


def is_sold_out(stock: StockState, now: datetime) -> bool:
    return stock.is_soft_deleted or has_begun(stock, now) or remaining(stock) == 0


def is_bookable(stock: StockState, now: datetime) -> bool:
    """Whether the stock by itself can be booked; the offer must be released too."""
    return not is_expired(stock, now) and not is_sold_out(stock, now)


def any_bookable(stocks: Iterable[StockState], now: datetime) -> bool:
    """`isBookable` of an offer, its release left aside."""
    return any(is_bookable(stock, now) for stock in stocks)


def all_sold_out(stocks: Iterable[StockState], now: datetime) -> bool:
    """`isSoldOut` of an offer: nothing left in stocks that are undated or to come; true without any stock."""
    return all(is_sold_out(stock, now) for stock in stocks)


def all_limits_passed(stocks: Iterable[StockState], now: datetime) -> bool:
    """`hasBookingLimitDatetimesPassed` of an offer: it has stocks and the booking limits of all are past."""
    kept = [stock for stock in stocks if not stock.is_soft_deleted]
    return bool(kept) and all(has_limit_passed(stock, now) for stock in kept)


def is_deletable(stock: StockState, now: datetime, *, is_draft: bool) -> bool:
    """An event can be deleted until 48 hours after it began; a thing, or anything in a draft, always."""
    return stock.beginning_datetime is None or is_draft or stock.beginning_datetime + DELETABLE_AFTER_BEGINNING >= now


def check_deletable(stock: StockState, now: datetime, *, is_draft: bool) -> None:
    """400 `global` for an event that began more than 48 hours ago."""
    if not is_deletable(stock, now, is_draft=is_draft):
        raise field_error("global", "Une date passée depuis plus de 48 heures ne peut plus être supprimée.")


# Prices


def is_price_too_high(price_cents: int, *, is_caledonian: bool) -> bool:
    """Whether a price is over the cap: 300 €, or 23 865 XPF for a Caledonian venue."""
    return to_xpf(price_cents) > MAX_PRICE_XPF if is_caledonian else price_cents > MAX_PRICE_CENTS


def check_price(price_cents: int, *, is_caledonian: bool, key: str | None = None) -> None:
    """400 `price300` (`price23865` in New Caledonia, or `key`) over the cap, 400 `price` under zero."""
    if price_cents < 0:
        raise field_error("price", "Le prix doit être positif.")
    if is_price_too_high(price_cents, is_caledonian=is_caledonian):
        if is_caledonian:
            raise field_error(key or f"price{MAX_PRICE_XPF}", "Le prix d’une offre ne peut excéder 23 865 F.")
        raise field_error(key or "price300", "Le prix d’une offre ne peut excéder 300 euros.")


def is_price_within(price_cents: int, reference_cents: int, rate: Decimal) -> bool:
    """Whether a price stays within `reference x (1 ± rate)`."""
    return reference_cents * (1 - rate) <= price_cents <= reference_cents * (1 + rate)


def check_price_limitation(price_cents: int, reference_cents: int | None, rate: Decimal | None, *, key: str) -> None:
    """400 under `key` when a limitation rule exists, there is a reference and the price leaves its range."""
    if rate is None or reference_cents is None or is_price_within(price_cents, reference_cents, rate):
        return
    raise field_error(
        key, f"Le prix doit rester à moins de {(rate * 100).normalize():f} % du prix de référence de cette offre."
    )


# Dates and quantities


def check_thing_dates(beginning: datetime | None) -> None:
    """Things have no beginning (400 `global`)."""
    if beginning is not None:
        raise field_error("global", "Seuls les évènements peuvent avoir une date de début.")


def check_booking_limit(
    limit: datetime | None,
    *,
    beginning: datetime | None = None,
    timezone: str,
    publication_datetime: datetime | None = None,
    booking_allowed_datetime: datetime | None = None,
) -> None:
    """The limit is not after the beginning (400 `stocks`), nor before publication or the opening of bookings.

    The last two are 400 `bookingLimitDatetime`, a message each. Days and hours are those of `timezone`, the offer's.
    """
    if limit is None:
        return
    zone = ZoneInfo(timezone)
    if beginning is not None and limit.astimezone(zone) > beginning.astimezone(zone):
        raise field_error("stocks", "La date limite de réservation ne peut être postérieure à la date de début.")
    messages = []
    if publication_datetime is not None and limit < publication_datetime:
        messages.append("La date limite de réservation doit suivre la date de publication de l’offre.")
    if booking_allowed_datetime is not None and limit < booking_allowed_datetime:
        messages.append("La date limite de réservation doit suivre l’ouverture des réservations.")
    if messages:
        raise ApiError(400, {"bookingLimitDatetime": messages})


def check_editable(stock: StockState, now: datetime, *, is_draft: bool) -> None:
    """A past event is not editable any more, unless its offer is a draft (400 `global`)."""
    if has_begun(stock, now) and not is_draft:
        raise field_error("global", "Les évènements passés ne sont pas modifiables.")


def check_quantity(quantity: int | None, booked_quantity: int) -> None:
    """400 `quantity` under zero or under what is booked."""
    if quantity is None:
        return
    if quantity < 0:
        raise field_error("quantity", "Le stock doit être positif.")
    if quantity < booked_quantity:
        raise field_error("quantity", "Le stock total ne peut être inférieur au nombre de réservations.")


def check_activation_codes(
    codes: Sequence[str],
    *,
    is_event: bool,
    has_url: bool,
    expiration: datetime | None,
    booking_limit: datetime | None,
) -> None:
    """Codes are for digital things alone, unique, and valid a week after the booking limit when they expire."""
    if is_event or not has_url:
        raise field_error("global", "Les codes d’activation sont réservés aux offres numériques.")
    if len(set(codes)) != len(codes) or not all(code.strip() for code in codes):
        raise field_error("activationCodes", "Chaque code d’activation doit être renseigné et unique.")
    check_activation_expiration(expiration, booking_limit)


def check_activation_expiration(expiration: datetime | None, booking_limit: datetime | None) -> None:
    """400 `activationCodesExpirationDatetime` unless it is a week or more after a booking limit that exists."""
    if expiration is None:
        return
    if booking_limit is None:
        raise field_error(
            "bookingLimitDatetime", "Une date limite de réservation est nécessaire quand les codes expirent."
        )
    if expiration < booking_limit + ACTIVATION_CODE_MARGIN:
        raise field_error(
            "activationCodesExpirationDatetime",
            "Les codes doivent expirer au moins 7 jours après la date limite de réservation.",
        )
