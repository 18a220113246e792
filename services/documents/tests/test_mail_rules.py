from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from documents.factories import AddressFactory, BookingFactory
from documents.formatting import french_date, french_hour, one_line, paragraphs, slug, zone_note, zone_of
from documents.mails.composing import compose
from documents.mails.rules import Draft, back_off_seconds, on_cancelled, on_created, on_expired, usable_address
from documents.settings import Settings
from documents.tickets.rules import access_url, delay_in_words, ticket_of
from shared.events.bookings import Booking

SETTINGS = Settings(environment="test")


def kinds(drafts: list[Draft]) -> dict[str, str]:
    return {draft.kind: draft.recipient for draft in drafts}


def cancelled(reason: str, **overrides: object) -> Booking:
    return BookingFactory.build(status="CANCELLED", cancellation_reason=reason, **overrides)


def test_a_booking_is_told_to_both_sides() -> None:
    booking = BookingFactory.build()
    drafts = on_created(booking)
    assert kinds(drafts) == {"booking_confirmed": booking.beneficiary.email, "new_booking": "partenaire@example.com"}
    assert drafts[1].reply_to == booking.beneficiary.email
    assert drafts[0].parameters["ticket"]["code"] == booking.token
    assert "ticket" not in drafts[1].parameters


def test_the_first_booking_of_a_venue_goes_to_the_venue() -> None:
    assert kinds(on_created(BookingFactory.build(is_first_of_venue=True)))["first_booking"] == "lieu@example.com"
    without = BookingFactory.build(is_first_of_venue=True, venue__booking_email=None)
    assert kinds(on_created(without))["first_booking"] == "partenaire@example.com"


def test_a_partner_without_booking_address_gets_nothing() -> None:
    booking = BookingFactory.build(offer__booking_email=None)
    assert list(kinds(on_created(booking))) == ["booking_confirmed"]
    gone = cancelled("BENEFICIARY", offer__booking_email=None)
    assert list(kinds(on_cancelled(gone, can_book_again=True, standing=[]))) == ["cancelled_by_beneficiary"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("BENEFICIARY", {"cancelled_by_beneficiary", "cancelled_for_partner"}),
        ("OFFERER", {"cancelled_by_partner", "partner_cancellation_recap"}),
        ("OFFERER_CONNECT_AS", {"cancelled_by_partner", "partner_cancellation_recap"}),
        ("FRAUD", {"cancelled_for_partner"}),
        ("FRAUD_SUSPICION", {"cancelled_for_partner"}),
        ("FRAUD_INAPPROPRIATE", {"cancelled_by_partner", "cancelled_for_partner"}),
        ("BACKOFFICE", {"cancelled_for_partner"}),
        ("BACKOFFICE_EVENT_CANCELLED", {"cancelled_for_partner"}),
        ("OFFERER_CLOSED", {"cancelled_by_partner"}),
        ("FINANCE_INCIDENT", {"cancelled_by_partner"}),
        ("EXPIRED", set()),
        ("REFUSED_BY_INSTITUTE", set()),
    ],
)
def test_who_learns_of_a_cancellation(reason: str, expected: set[str]) -> None:
    drafts = on_cancelled(cancelled(reason), can_book_again=True, standing=[])
    assert set(kinds(drafts)) == expected
    for draft in drafts:
        assert compose(draft.kind, _with_lines(draft), SETTINGS).subject


def test_expiry_is_gathered_by_person_and_by_offerer() -> None:
    booking = BookingFactory.build(book=True)
    drafts = on_expired(booking, datetime(2026, 3, 12, tzinfo=UTC).date())
    assert [(draft.kind, draft.gather_key) for draft in drafts] == [
        ("bookings_expired", f"2026-03-12:books:{booking.user_id}"),
        ("bookings_expired_for_partner", f"2026-03-12:books:{booking.offerer_id}"),
    ]
    assert "10 jours" in compose(drafts[0].kind, _with_lines(drafts[0]), SETTINGS).text


def _with_lines(draft: Draft) -> dict[str, object]:
    return {**draft.parameters, **({"lines": [draft.line]} if draft.line else {})}


@pytest.mark.parametrize(
    "address",
    [None, "", "sans-arobase", "a@b.fr\n", "a@b\r\nBcc: c@d", "a@b, c@d", "a b@example.com", "a@exa mple.com", "<a@b.fr>",
     "é@example.com", "x" * 250 + "@b.fr"],
)  # fmt: skip
def test_unusable_addresses_get_nothing(address: str | None) -> None:
    assert usable_address(address) is None


@given(st.text(max_size=400))
@hypothesis_settings(max_examples=60, deadline=None)
def test_no_name_breaks_a_header_or_the_page(name: str) -> None:
    booking = BookingFactory.build(offer__name=name, beneficiary__first_name=name, offer__withdrawal_details=name)
    for draft in on_created(booking):
        composed = compose(draft.kind, draft.parameters, SETTINGS)
        assert len(composed.subject.splitlines()) == 1
        assert "<script" not in composed.html.lower()


def test_names_are_escaped_in_html_and_plain_in_text() -> None:
    booking = BookingFactory.build(offer__name="<b>Rock & Roll</b>")
    composed = compose("booking_confirmed", on_created(booking)[0].parameters, SETTINGS)
    assert "&lt;b&gt;Rock &amp; Roll&lt;/b&gt;" in composed.html
    assert "<b>Rock" not in composed.html
    assert composed.subject == "C'est réservé : <b>Rock & Roll</b>"
    assert "<b>Rock & Roll</b>" in composed.text


def test_no_script_address_becomes_a_button() -> None:
    booking = BookingFactory.build(digital=True, offer__url="httpx:javascript:alert(1)")
    assert "Accéder à l'offre" not in compose("booking_confirmed", on_created(booking)[0].parameters, SETTINGS).text


def test_a_counter_token_is_not_told_to_the_partner() -> None:
    booking = BookingFactory.build(book=True, token="SECRET")
    partner = next(draft for draft in on_created(booking) if draft.kind == "new_booking")
    composed = compose(partner.kind, partner.parameters, SETTINGS)
    assert "SECRET" not in composed.text
    assert "SECRET" not in composed.html
    event = next(draft for draft in on_created(BookingFactory.build(token="SHOWN2")) if draft.kind == "new_booking")
    assert "SHOWN2" in compose(event.kind, event.parameters, SETTINGS).text


def test_dates_follow_the_clock_of_the_place() -> None:
    winter = datetime(2026, 3, 28, 19, 30, tzinfo=UTC)
    summer = datetime(2026, 3, 29, 18, 30, tzinfo=UTC)
    assert french_hour(winter, "Europe/Paris") == french_hour(summer, "Europe/Paris") == "20h30"
    assert french_date(datetime(2026, 4, 30, 22, 0, tzinfo=UTC), "Europe/Paris") == "vendredi 1er mai 2026"
    reunion = BookingFactory.build(venue__address=AddressFactory.build(reunion=True))
    assert ticket_of(reunion).facts[0].lines == ["Samedi 28 mars 2026", "23h30 (heure de La Réunion)"]
    noumea = BookingFactory.build(offer__address=AddressFactory.build(caledonia=True))
    assert ticket_of(noumea).facts[0].lines == ["Dimanche 29 mars 2026", "6h30 (heure de Nouvelle-Calédonie)"]
    assert zone_note("Europe/Paris") is None


def test_online_dates_follow_the_holder_and_bad_zones_the_departement() -> None:
    online = BookingFactory.build(offer__url="https://example.com", beneficiary__department_code="972")
    assert zone_of(online) == "America/Martinique"
    odd = BookingFactory.build(venue__address=AddressFactory.build(timezone="Mars/Olympus", department_code="973"))
    assert zone_of(odd) == "America/Cayenne"


def test_prices_are_in_the_readers_currency() -> None:
    booking = BookingFactory.build(
        amount_cents=1250, quantity=2, beneficiary__department_code="988", venue__address=AddressFactory.build()
    )
    holder, partner = on_created(booking)
    # 25 € / 0.00838 = 2 983,3 francs, to the nearest 5.
    assert holder.parameters["formatted_price"] == "2\u202f985\u00a0F"
    assert partner.parameters["formatted_price"] == "25\u00a0€"
    there = BookingFactory.build(amount_cents=1250, venue__address=AddressFactory.build(caledonia=True))
    assert on_created(there)[1].parameters["formatted_price"] == "1\u202f490\u00a0F"
    assert on_created(BookingFactory.build(amount_cents=0))[0].parameters["formatted_price"] == "Gratuit"


def test_placeholders_of_an_address_are_filled() -> None:
    booking = BookingFactory.build(
        digital=True, offer__url="site.example.com/{offerId}?t={token}&e={email}", offer__id=1, activation_code=None,
        token="ABCDEF", beneficiary__email="a@example.com",
    )  # fmt: skip
    assert access_url(booking) == "http://site.example.com/AE?t=ABCDEF&e=a@example.com"


def test_delays_in_words() -> None:
    assert [delay_in_words(seconds) for seconds in (None, 0, 1800, 3600, 7200, 86_400, 172_800, 604_800)] == [
        None, None, "30 minutes", "1 heure", "2 heures", "1 jour", "2 jours", "1 semaine",
    ]  # fmt: skip


@given(st.text(max_size=2_000), st.integers(2, 100))
@hypothesis_settings(max_examples=100)
def test_text_is_tamed(text: str, limit: int) -> None:
    assert len(one_line(text, limit)) <= limit
    assert len(one_line(text).splitlines()) <= 1
    assert sum(map(len, paragraphs(text, limit))) <= limit
    assert all(char in "abcdefghijklmnopqrstuvwxyz0123456789-" for char in slug(text))


def test_back_off_grows_to_two_hours() -> None:
    delays = [back_off_seconds(attempt) for attempt in range(1, 13)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (30, 7_200)
