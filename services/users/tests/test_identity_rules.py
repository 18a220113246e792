"""Names, documents and verdicts, by properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from users.eligibility.rules import EligibilityType
from users.identity.rules import (
    Facts,
    Finding,
    Names,
    are_same,
    findings,
    folded,
    is_address,
    is_city,
    is_id_number,
    is_name,
    masked_email,
    most_relevant,
    normalise_id_number,
    verdict_of,
)
from users.subscription.checks import CheckStatus, CheckType

GOOD = Facts(
    provider=CheckType.UBBLE,
    first_name="Zoé",
    last_name="Lévy",
    birth_date=date(2008, 1, 1),
    age=18,
    eligibility=EligibilityType.AGE17_18,
    is_email_validated=True,
    has_duplicate=False,
    id_number="123456789",
    needs_id_number=True,
)


@pytest.mark.parametrize("name", ["Zoé", "O’Connor", "D'Arc", "Jean-Noël", "Łukasz", "J. R. R.", " Ana ", "Zoe\u0301"])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", [None, "", " ", "-", "Олег", "李", "D0e", "a@b", "Zoé\n<b>", "Zо\u0435", "😀"])
def test_no_names(name: str | None) -> None:
    assert not is_name(name)


@given(st.text(max_size=40))
@settings(max_examples=150)
def test_what_is_a_name_is_a_city_or_has_its_signs(text: str) -> None:
    if is_name(text) and not set(text) & set(".,"):
        assert is_city(text)
    if is_name(text):
        assert is_address(text)


@given(st.text(max_size=30))
@settings(max_examples=150)
def test_document_numbers_are_normalised_once(text: str) -> None:
    once = normalise_id_number(text)
    assert once is None or (once == normalise_id_number(once) and once.isascii() and once.isalnum())


@pytest.mark.parametrize(("number", "good"), [("123456789", True), ("A1B2C3D4E5F6", True), ("12AB34567", True)])
@pytest.mark.parametrize("more", ["", "0"])
def test_document_formats(number: str, good: bool, more: str) -> None:
    assert is_id_number(number + more) is (good and not more)


NAMES = st.builds(
    Names,
    st.sampled_from(["Zoé", "zoe", "Jean-Noël", "Jean Noel", None, ""]),
    st.sampled_from(["Lévy", "LE VY", "Martin", None]),
    st.sampled_from(["Lévy", "Martin", None, ""]),
)


@given(NAMES, NAMES)
@settings(max_examples=200)
def test_sameness_is_symmetric_and_blind_to_accents(ours: Names, theirs: Names) -> None:
    if ours.last and theirs.last:
        assert are_same(ours, theirs) == are_same(theirs, ours)
    folded_names = Names(folded(theirs.first), folded(theirs.last), folded(theirs.married))
    assert are_same(ours, theirs) == are_same(ours, folded_names)


def test_married_names_cross() -> None:
    assert are_same(Names("Zoé", "Lévy", "Martin"), Names("Zoe", "Martin"))
    assert are_same(Names("Zoé", "Lévy"), Names("Zoe", "Martin", "Levy"))
    assert not are_same(Names("Zoé", "Lévy"), Names("Zoé", "Martin"))
    assert not are_same(Names(None, "Lévy"), Names(None, "Lévy"))


def codes(facts: Facts) -> tuple[CheckStatus, tuple[str, ...]]:
    verdict = verdict_of(findings(facts))
    return verdict.status, verdict.codes


def test_all_good() -> None:
    assert codes(GOOD) == (CheckStatus.OK, ())


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"has_duplicate": True}, CheckStatus.SUSPICIOUS, "duplicate_user"),
        ({"id_number": None}, CheckStatus.SUSPICIOUS, "empty_id_piece_number"),
        ({"id_number": "12"}, CheckStatus.SUSPICIOUS, "invalid_id_piece_number"),
        ({"id_number_is_taken": True}, CheckStatus.SUSPICIOUS, "duplicate_id_piece_number"),
        ({"first_name": None}, CheckStatus.SUSPICIOUS, "missing_required_data"),
        ({"birth_date": None, "has_duplicate": True}, CheckStatus.SUSPICIOUS, "missing_required_data"),
        ({"last_name": "Иванов"}, CheckStatus.KO, "name_incorrect"),
        ({"eligibility": None}, CheckStatus.KO, "not_eligible"),
        ({"is_email_validated": False}, CheckStatus.KO, "email_not_validated"),
        ({"provider": CheckType.EDUCONNECT}, CheckStatus.KO, "age_is_not_valid"),
        ({"provider": CheckType.EDUCONNECT, "age": 17, "ine_is_taken": True}, CheckStatus.SUSPICIOUS, "duplicate_ine"),
    ],
)
def test_each_item(changes: dict[str, object], status: CheckStatus, code: str) -> None:
    assert codes(replace(GOOD, **changes)) == (status, (code,))


def test_foreign_documents_have_any_number() -> None:
    assert codes(replace(GOOD, id_number="X", any_id_number=True)) == (CheckStatus.OK, ())


STATUSES = (CheckStatus.OK, CheckStatus.KO, CheckStatus.SUSPICIOUS)


def test_the_worst_item_decides() -> None:
    for found in product(STATUSES, repeat=3):
        verdict = verdict_of([Finding(status, f"c{i}") for i, status in enumerate(found)])
        if CheckStatus.KO in found:
            assert verdict.status is CheckStatus.KO
        else:
            assert (verdict.status is CheckStatus.OK) == (set(found) == {CheckStatus.OK})
        assert len(verdict.codes) == sum(status is not CheckStatus.OK for status in found)


def test_what_people_are_told_about() -> None:
    assert most_relevant(["blurry_video", "id_check_expired", "id_check_not_authentic"]) == "id_check_not_authentic"
    assert most_relevant(["something", "id_check_blocked_other"]) == "id_check_blocked_other"
    assert most_relevant([]) is None


@pytest.mark.parametrize(
    ("email", "masked"), [("zoe.levy@example.com", "zoe***@example.com"), ("zoe@example.com", "z***@example.com")]
)
def test_masked_addresses(email: str, masked: str) -> None:
    assert masked_email(email) == masked
