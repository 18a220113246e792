"""How bookings are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.booking import shown
from bookings.booking.shown import Shown, TicketDisplay
from bookings.booking.tokens import ALPHABET, draw_token, qr_payload

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVENT = Shown(
    id=1,
    status="CONFIRMED",
    date_created=NOW - timedelta(days=5),
    date_used=None,
    cancellation_date=None,
    display_as_ended=None,
    amount_cents=10_00,
    stock_price_cents=10_00,
    beginning=NOW + timedelta(days=5),
    subcategory_id="CONCERT",
    is_event=True,
    is_online_only=False,
    can_expire=False,
    has_url=False,
    has_code=False,
    withdrawal_type="on_site",
    withdrawal_delay=None,
)
BOOK = replace(EVENT, beginning=None, subcategory_id="LIVRE_PAPIER", is_event=False, can_expire=True)
VIDEO = replace(EVENT, beginning=None, subcategory_id="VOD", is_event=False, is_online_only=True, has_url=True)
CARD = replace(BOOK, subcategory_id="CARTE_MUSEE", amount_cents=0, stock_price_cents=0, status="USED", date_used=NOW)
PAST = {"beginning": NOW - timedelta(hours=1)}


@pytest.mark.parametrize(
    ("booking", "ended"),
    [
        (EVENT, False),
        (replace(EVENT, status="USED", date_used=NOW), False),
        (replace(EVENT, status="CANCELLED", cancellation_date=NOW), True),
        (replace(EVENT, **PAST), False),
        (replace(EVENT, **PAST, status="USED", date_used=NOW), True),
        (replace(EVENT, **PAST, status="REIMBURSED", date_used=NOW), True),
        (BOOK, False),
        (replace(BOOK, status="USED", date_used=NOW), True),
        (replace(BOOK, status="CANCELLED"), True),
        (replace(VIDEO, status="USED", date_used=NOW), False),
        (replace(VIDEO, status="USED", date_used=NOW, has_code=True), False),
        (replace(VIDEO, status="USED", date_used=NOW, has_code=True, display_as_ended=True), True),
        (CARD, False),
        (replace(CARD, display_as_ended=True), True),
        (replace(CARD, amount_cents=100), True),
    ],
)
def test_ended_or_ongoing(booking: Shown, ended: bool) -> None:
    assert shown.is_ended(booking, NOW) == ended


@pytest.mark.parametrize(
    ("booking", "display"),
    [
        (EVENT, TicketDisplay.TICKET),
        (replace(EVENT, withdrawal_type=None), TicketDisplay.TICKET),
        (replace(EVENT, withdrawal_type="no_ticket"), TicketDisplay.NO_TICKET),
        (replace(EVENT, subcategory_id="SEANCE_CINE"), TicketDisplay.CINEMA_VOUCHER),
        (replace(EVENT, withdrawal_type="by_email", withdrawal_delay=86_400), TicketDisplay.EMAIL_WILL_BE_SENT),
        (replace(EVENT, withdrawal_type="by_email", withdrawal_delay=7 * 86_400), TicketDisplay.EMAIL_SENT),
        (VIDEO, TicketDisplay.ONLINE_CODE),
        (BOOK, TicketDisplay.VOUCHER),
    ],
)
def test_ticket(booking: Shown, display: TicketDisplay) -> None:
    assert shown.ticket_display(booking, NOW) is display


def test_what_a_ticket_shows() -> None:
    assert shown.shows_token(TicketDisplay.TICKET, has_code=False)
    assert not shown.shows_token(TicketDisplay.EMAIL_SENT, has_code=False)
    assert not shown.shows_token(TicketDisplay.ONLINE_CODE, has_code=True)
    assert shown.shows_token(TicketDisplay.ONLINE_CODE, has_code=False)
    assert shown.shows_voucher(TicketDisplay.CINEMA_VOUCHER)
    assert not shown.shows_voucher(TicketDisplay.TICKET)


def test_ongoing_are_sorted_by_what_ends_first_then_the_newest() -> None:
    soon = replace(EVENT, id=2, beginning=NOW + timedelta(days=1))
    book = replace(BOOK, id=3, date_created=NOW)
    lasting = [replace(VIDEO, id=4), replace(VIDEO, id=5)]
    found = sorted([*lasting, EVENT, book, soon], key=shown.ongoing_order)
    assert [item.id for item in found] == [2, 1, 3, 5, 4]


def test_the_address_of_an_online_offer_is_completed() -> None:
    def complete(url: str | None, code: str | None = None) -> str | None:
        return shown.completed_url(url, token="ABCDEF", code=code, offer_id=1, email="a@example.com")

    assert complete(None) is None
    assert complete("") is None
    assert complete("site.example.com/{token}") == "http://site.example.com/ABCDEF"
    assert complete("https://x.example.com/?c={token}&o={offerId}&m={email}", "CODE") == (
        "https://x.example.com/?c=CODE&o=AE&m=a@example.com"
    )


@pytest.mark.parametrize(
    ("paid", "birth_date", "department", "after"),
    [
        ([("GRANT_18", NOW)], None, None, True),
        ([("GRANT_17_18", NOW)], date(2008, 6, 1), "75", True),
        ([("GRANT_17_18", NOW)], date(2008, 6, 2), "75", False),
        ([("GRANT_17_18", datetime(2026, 6, 1, 2, tzinfo=UTC))], date(2008, 6, 1), "972", False),
        ([("GRANT_17_18", datetime(2026, 6, 1, 2, tzinfo=UTC))], date(2008, 6, 1), "75", True),
        ([("GRANT_15_17", NOW), (None, NOW)], date(2000, 1, 1), "75", False),
        ([], date(2000, 1, 1), "75", False),
    ],
)
def test_bookings_after_18(
    paid: list[tuple[str | None, datetime]], birth_date: date | None, department: str | None, after: bool
) -> None:
    assert shown.has_bookings_after_18(paid, birth_date, department) == after


def test_reactions_are_asked_for_some_time_after_use() -> None:
    film = replace(EVENT, subcategory_id="SEANCE_CINE", date_used=NOW - timedelta(hours=24))
    assert shown.can_react(film)
    assert shown.asks_for_reaction(film, NOW)
    assert not shown.asks_for_reaction(replace(film, date_used=NOW - timedelta(hours=23)), NOW)
    assert not shown.asks_for_reaction(replace(BOOK, date_used=NOW - timedelta(days=30)), NOW)
    assert shown.asks_for_reaction(replace(BOOK, date_used=NOW - timedelta(days=31)), NOW)
    assert not shown.can_react(replace(EVENT, date_used=NOW))
    assert not shown.can_react(film if film.date_used is None else replace(film, date_used=None))


def test_tokens_are_six_symbols_that_nobody_confuses() -> None:
    drawn = {draw_token() for _ in range(500)}
    assert len(drawn) == 500
    assert all(len(token) == 6 and set(token) <= set(ALPHABET) for token in drawn)
    assert len(set(ALPHABET)) == 30
    assert not set(ALPHABET) & set("IO0189")
    assert qr_payload("ABCDEF") == "PASSCULTURE:v3;TOKEN:ABCDEF"
