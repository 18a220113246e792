"""What a deposit allows to spend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.wallet.rules import Caps, Credit, Domain, Purse, caps_of, domain_of, domains_credit, used_recredit_type

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deposit_type", "generation", "department", "caps"),
    [
        ("GRANT_15_17", 1, "75", Caps(None, None)),
        ("GRANT_15_17", 1, "976", Caps(None, None)),
        ("GRANT_18", 1, "75", Caps(200_00, 200_00)),
        ("GRANT_18", 2, "75", Caps(100_00, None)),
        ("GRANT_17_18", 1, "75", Caps(100_00, None)),
        ("GRANT_17_18", 1, None, Caps(100_00, None)),
        ("GRANT_FREE", 1, "75", Caps(None, None)),
        ("GRANT_FREE", 1, "976", Caps(150_00, None)),
        ("GRANT_18", 1, "986", Caps(None, 200_00)),
        ("GRANT_18", 1, "976", Caps(150_00, 200_00)),
        ("GRANT_17_18", 1, "975", Caps(200_00, None)),
    ],
)
def test_caps(deposit_type: str, generation: int, department: str | None, caps: Caps) -> None:
    assert caps_of(deposit_type, generation, department) == caps


@given(
    granted=st.integers(0, 600_00),
    spent=st.integers(0, 700_00),
    digital=st.integers(0, 300_00),
    active=st.booleans(),
    deposit=st.sampled_from([("GRANT_18", 1), ("GRANT_18", 2), ("GRANT_17_18", 1), ("GRANT_15_17", 1)]),
    department=st.sampled_from(["75", "976", "975", "986"]),
)
def test_what_is_left_is_never_negative_nor_more_than_all(
    granted: int, spent: int, digital: int, active: bool, deposit: tuple[str, int], department: str
) -> None:
    end = NOW + timedelta(days=1) if active else NOW
    credit = domains_credit(
        Purse(1, deposit[0], deposit[1], granted, max(spent, digital), digital, 0, end), department, NOW
    )
    assert credit.all == Credit(granted, max(0, granted - max(spent, digital)) if active else 0)
    for domain in (credit.digital, credit.physical):
        if domain is not None:
            assert 0 <= domain.remaining <= min(domain.initial, credit.all.remaining)


@pytest.mark.parametrize(
    ("has_url", "digital", "physical", "domain"),
    [
        (True, True, False, Domain.DIGITAL),
        (True, False, True, None),
        (False, True, False, None),
        (False, False, True, Domain.PHYSICAL),
    ],
)
def test_domains(has_url: bool, digital: bool, physical: bool, domain: Domain | None) -> None:
    assert domain_of(has_url=has_url, is_digital_deposit=digital, is_physical_deposit=physical) is domain


@pytest.mark.parametrize(
    ("deposit_type", "recredits", "accounted"),
    [
        ("GRANT_17_18", ["Recredit17", "Recredit18"], "RECREDIT_18"),
        ("GRANT_17_18", ["Recredit17"], "RECREDIT_17"),
        ("GRANT_17_18", ["BonusCredit"], None),
        ("GRANT_18", ["Recredit18"], None),
    ],
)
def test_the_recredit_a_booking_is_accounted_under(
    deposit_type: str, recredits: list[str], accounted: str | None
) -> None:
    assert used_recredit_type(Purse(1, deposit_type, 1, 0, 0, 0, 0, None, recredits)) == accounted
    assert used_recredit_type(None) is None
