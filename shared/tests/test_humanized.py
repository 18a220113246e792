from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.humanized import dehumanize, humanize


@pytest.mark.parametrize(("number", "spelling"), [(0, "AA"), (1, "AE"), (255, "74"), (256, "AEAA"), (100000, "AGDKA")])
def test_known_spellings(number: int, spelling: str) -> None:
    assert humanize(number) == spelling


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_spelling_is_reversible_and_unambiguous(number: int) -> None:
    spelling = humanize(number)
    assert dehumanize(spelling) == number
    assert not set("OI01=") & set(spelling)


@pytest.mark.parametrize("text", ["", "A", "??", "aé", "AE\x00"])
def test_what_is_no_spelling_has_no_number(text: str) -> None:
    assert dehumanize(text) is None
