from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bookings.desk.rules import Presented, Refusal, refusal_to_keep, refusal_to_use, token_entered

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
STATUSES = ("CONFIRMED", "USED", "CANCELLED", "REIMBURSED")
limits = st.none() | st.integers(-5000, 5000).map(lambda minutes: NOW + timedelta(minutes=minutes))
presented = st.builds(
    Presented,
    status=st.sampled_from(STATUSES),
    is_event=st.booleans(),
    cancellation_limit_date=limits,
    is_offerer_closed=st.booleans(),
    has_activation_code=st.booleans(),
)


@given(presented)
def test_only_a_confirmed_booking_of_an_open_offerer_is_validated(booking: Presented) -> None:
    refusal = refusal_to_use(booking, NOW)
    if refusal is None:
        assert booking.status == "CONFIRMED"
        assert not booking.is_offerer_closed
        assert not booking.is_event or (
            booking.cancellation_limit_date is not None and booking.cancellation_limit_date <= NOW
        )


@given(presented)
def test_the_first_reason_in_the_order_of_the_rules_is_told(booking: Presented) -> None:
    withdrawable = booking.cancellation_limit_date is None or booking.cancellation_limit_date > NOW
    reasons = [
        (booking.status == "REIMBURSED", Refusal.REFUNDED),
        (booking.status == "USED", Refusal.ALREADY_USED),
        (booking.status == "CANCELLED", Refusal.CANCELLED),
        (booking.is_offerer_closed, Refusal.OFFERER_CLOSED),
        (booking.is_event and withdrawable, Refusal.NOT_CONFIRMED),
    ]
    assert refusal_to_use(booking, NOW) == next((reason for applies, reason in reasons if applies), None)


@given(presented, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_what_may_be_validated_now_may_be_validated_later(booking: Presented, later: timedelta) -> None:
    if refusal_to_use(booking, NOW) is None:
        assert refusal_to_use(booking, NOW + later) is None


@given(presented)
def test_only_a_validation_that_moved_no_money_and_gave_no_code_is_taken_back(booking: Presented) -> None:
    expected = booking.status == "USED" and not booking.has_activation_code
    assert (refusal_to_keep(booking) is None) == expected


@given(presented)
def test_the_desk_never_both_validates_and_takes_back(booking: Presented) -> None:
    assert refusal_to_use(booking, NOW) is not None or refusal_to_keep(booking) is not None


@given(st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ234567", min_size=6, max_size=6), st.data())
def test_a_counter_mark_is_known_in_any_case(token: str, data: st.DataObject) -> None:
    typed = "".join(data.draw(st.sampled_from((letter, letter.lower()))) for letter in token)
    assert token_entered(typed) == token


@given(st.text(max_size=12))
def test_what_cannot_be_a_counter_mark_is_none(text: str) -> None:
    token = token_entered(text)
    if token is not None:
        assert len(text) == 6
        assert text.isascii()
        assert text.isalnum()
    # Letters that become others when put in upper case must not find somebody's booking.
    assert token_entered("ſ" + "BCDEF") is None
    assert token_entered("ßBCDE") is None
