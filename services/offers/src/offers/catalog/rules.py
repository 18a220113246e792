"""How offers are shown: pure decisions of the public's pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from offers.catalog.values import PublicOffer, PublicStock
from offers.categories.genres import BOOK_FORMATS, MOVIE_GENRES, SHOW_TYPES_BY_CODE, gtl_labels, show_sub_type
from offers.categories.kinds import Subcategory
from offers.categories.music import FORMER_TYPES_BY_CODE, former_sub_type
from offers.stocks import rules as stock_rules

CANCELLABLE_BEFORE_EVENT = timedelta(hours=48)
CANCELLABLE_AFTER_BOOKING = timedelta(hours=48)


def cancellation_limit(beginning: datetime | None, booked_at: datetime) -> datetime | None:
    """Until when a booking made at `booked_at` may be cancelled by its holder (bookings rules: cancellation limit).

    Two days before the event or two days after the booking, whichever comes first, never before the booking itself;
    None for a thing, which has no such limit.
    """
    if beginning is None:
        return None
    return max(min(beginning - CANCELLABLE_BEFORE_EVENT, booked_at + CANCELLABLE_AFTER_BOOKING), booked_at)


def expense_domains(subcategory: Subcategory, url: str | None) -> list[str]:
    """Which parts of the credit a booking of the offer draws on."""
    domains = ["all"]
    if url and subcategory.is_digital_deposit:
        domains.append("digital")
    if not url and subcategory.is_physical_deposit:
        domains.append("physical")
    return domains


@dataclass(frozen=True, slots=True)
class Summary:
    """Prices (cents) and dates of an offer in a list: a single value, or the first of several."""

    price: int | None
    start_price: int | None
    date: datetime | None
    start_date: datetime | None
    is_expired: bool


def summary(stocks: Sequence[PublicStock], now: datetime) -> Summary:
    """What a list shows of an offer's stocks: those that are over do not count (offers rules: favourites)."""
    kept = [stock for stock in stocks if not stock.is_soft_deleted]
    current = [stock for stock in kept if not stock_rules.is_expired(stock, now)]
    prices = {stock.price_cents for stock in current}
    dates = {stock.beginning_datetime for stock in current if stock.beginning_datetime}
    return Summary(
        price=next(iter(prices)) if len(prices) == 1 else None,
        start_price=min(prices) if len(prices) > 1 else None,
        date=next(iter(dates)) if len(dates) == 1 else None,
        start_date=min(dates) if len(dates) > 1 else None,
        is_expired=bool(kept) and not current,
    )


def place_name(offer: PublicOffer) -> str:
    """Where an offer takes place, in a list: its address's label, its offerer when it is online, else its venue."""
    if offer.place and offer.place.label:
        return offer.place.label
    return offer.venue.offerer_name if offer.is_digital else offer.venue.common_name


# Extra data


def _code(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "", []) else None


def music_labels(extra_data: dict[str, Any]) -> tuple[str | None, str | None]:
    """The labels of the former music type and sub-type."""
    type_code, sub_code = _code(extra_data.get("musicType")), _code(extra_data.get("musicSubType"))
    kind = FORMER_TYPES_BY_CODE.get(type_code) if type_code is not None else None
    child = former_sub_type(type_code, sub_code) if type_code is not None and sub_code is not None else None
    return kind.label if kind else None, child.label if child else None


def show_labels(extra_data: dict[str, Any]) -> tuple[str | None, str | None]:
    """The labels of the show type and sub-type."""
    type_code, sub_code = _code(extra_data.get("showType")), _code(extra_data.get("showSubType"))
    kind = SHOW_TYPES_BY_CODE.get(type_code) if type_code is not None else None
    child = show_sub_type(type_code, sub_code) if type_code is not None and sub_code is not None else None
    return kind.label if kind else None, child.label if child else None


def shown_extra_data(offer: PublicOffer) -> dict[str, Any]:
    """An offer's extra data by the names of the wire: codes become labels, what is unknown is left out."""
    data = offer.extra_data
    music_type, music_sub_type = music_labels(data)
    show_type, show_sub = show_labels(data)
    shown: dict[str, Any] = {
        "allocine_id": _code(data.get("allocineId")),
        "author": _text(data.get("author")),
        "book_format": BOOK_FORMATS.get(str(data.get("bookFormat"))),
        "cast": [str(name) for name in data.get("cast") or []] or None,
        "certificate": _text(data.get("certificate")),
        "duration_minutes": offer.duration_minutes,
        "ean": offer.ean,
        "editeur": _text(data.get("editeur")),
        "genres": [MOVIE_GENRES[name].label for name in data.get("genres") or [] if name in MOVIE_GENRES] or None,
        "gtl_labels": _gtl(data.get("gtl_id")) if offer.subcategory.category_id == "LIVRE" else None,
        "music_type": music_type,
        "music_sub_type": music_sub_type,
        "performer": _text(data.get("performer")),
        "release_date": _text(data.get("releaseDate")),
        "show_type": show_type,
        "show_sub_type": show_sub,
        "speaker": _text(data.get("speaker")),
        "stage_director": _text(data.get("stageDirector")),
        "visa": _text(data.get("visa")),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _gtl(code: Any) -> dict[str, str | None] | None:
    labels = gtl_labels(str(code)) if code else None
    if labels is None:
        return None
    return {
        "label": next(label for label in reversed(labels) if label),
        **{f"level_0{level}_label": label for level, label in enumerate(labels, start=1)},
    }
