"""How text becomes words, and which mistakes are forgiven."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offers.search.words import (
    MAX_QUERY_WORDS,
    STOP_WORDS,
    allowed_typos,
    distance,
    forms,
    meant,
    plain,
    query_words,
    words,
)

letters = st.text(alphabet="abcdeé", min_size=0, max_size=10)


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_plain_text_is_stable_and_words_are_plain(text: str) -> None:
    found = words(text)
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in found)
    assert not STOP_WORDS & set(found)
    assert words(" ".join(found)) == found
    assert len(query_words(text)) <= MAX_QUERY_WORDS
    assert all(set(word) <= set("abcdefghijklmnopqrstuvwxyz0123456789") for word in query_words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'Œuvre d'été à l’opéra", ["oeuvre", "ete", "opera"]),
        ("Les Misérables", ["miserables"]),
        ("C'était à l'aube, aux étangs !", ["aube", "etangs"]),
        ("1984 (édition 2)", ["1984", "edition", "2"]),
        ("Rock'n'roll", ["rock", "roll"]),
        ("الموسيقى", []),
    ],
)
def test_french_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_query_of_stop_words_alone_is_taken_at_its_word() -> None:
    assert query_words("Être et avoir") == ["avoir"]
    assert query_words("Les autres ou nous") == ["autres"]
    assert query_words("À nous") == ["a", "nous"]


def test_stop_words_are_spelled_without_accents() -> None:
    assert all(plain(word) == word for word in STOP_WORDS)
    assert {"etaient", "a", "le", "d", "l", "qu"} <= STOP_WORDS


@settings(max_examples=100)
@given(letters, letters, st.integers(0, 3))
def test_distance_is_symmetric_bounded_and_null_for_the_same(left: str, right: str, most: int) -> None:
    assert distance(left, right, most) == distance(right, left, most)
    assert distance(left, left, most) == 0
    assert 0 <= distance(left, right, most) <= most + 1
    if most and distance(left, right, most) <= most - 1:
        assert distance(left, right, most - 1) == distance(left, right, most)


@settings(max_examples=100)
@given(st.text(alphabet="abcdef", min_size=4, max_size=12), st.data())
def test_one_mistake_is_always_forgiven(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdef"))
    for mistyped in (
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    ):
        assert distance(mistyped, word, 1) <= 1
        if len(mistyped) >= 4:
            assert meant(mistyped, [word]) == [word]


def test_short_words_and_numbers_are_taken_as_typed() -> None:
    assert [allowed_typos(word) for word in ("jaz", "jazz", "concert", "concerts", "1984")] == [0, 1, 1, 2, 0]
    assert meant("jaz", ["jazz"]) == []
    assert meant("thaetre", ["theatre", "terre"]) == ["theatre"]
    assert meant("symphnie", ["symphonie", "philharmonie"]) == ["symphonie"]


@settings(max_examples=300)
@given(st.text(alphabet="abcde", min_size=4, max_size=12), st.data())
def test_words_within_the_allowed_distance_share_a_form(word: str, data: st.DataObject) -> None:
    other = word
    for _ in range(data.draw(st.integers(0, allowed_typos(word)))):
        place = data.draw(st.integers(0, max(len(other) - 1, 0)))
        letter = data.draw(st.sampled_from("abcde"))
        other = data.draw(
            st.sampled_from(
                [
                    other[:place] + letter + other[place:],
                    other[:place] + other[place + 1 :],
                    other[:place] + letter + other[place + 1 :],
                    other[:place] + other[place : place + 2][::-1] + other[place + 2 :],
                ]
            )
        )
    assert distance(word, other, 2) > allowed_typos(word) or set(forms(word)) & set(forms(other))
    assert len(forms(word)) <= 29
