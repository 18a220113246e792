"""The category tables hold together, and agree with the reference where it is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offers.categories import CATEGORIES, SUBCATEGORIES, subcategory_facts
from offers.categories.genres import BOOK_GENRES, BOOK_SECTIONS, MOVIE_GENRES, SHOW_TYPES, gtl_labels, show_sub_type
from offers.categories.kinds import Platform
from offers.categories.music import (
    FORMER_TYPES,
    MUSIC_GENRES,
    former_codes_of_gtl,
    former_sub_type,
    genre_of_gtl,
    gtl_of_former_codes,
)
from offers.categories.tables import (
    BOOKS_WITH_EAN,
    HOMEPAGE_LABELS,
    MUSIC_SUBCATEGORIES,
    NATIVE_CATEGORIES,
    SEARCH_GROUPS,
    subcategories_of_group,
)
from offers.categories.venue_types import ACTIVITIES, VENUE_TYPES, is_allowed_activity, venue_type_of

REFERENCE = Path(__file__).parents[4] / "shared" / "domain" / "categories.json"


def test_every_reference_inside_the_tables_resolves() -> None:
    for subcategory in SUBCATEGORIES.values():
        assert subcategory.category_id in CATEGORIES
        assert subcategory.homepage_label in HOMEPAGE_LABELS
        assert subcategory.search_groups
        assert set(subcategory.search_groups) <= set(SEARCH_GROUPS)
        assert subcategory.native_category is None or subcategory.native_category in NATIVE_CATEGORIES
        assert not (subcategory.is_digital_deposit and subcategory.is_physical_deposit)
    for native in NATIVE_CATEGORIES.values():
        assert set(native.parents) <= set(SEARCH_GROUPS)
    assert set(SUBCATEGORIES) >= BOOKS_WITH_EAN
    assert {activity.venue_type for activity in ACTIVITIES.values() if activity.venue_type} <= set(VENUE_TYPES)


def test_search_groups_keep_their_declaration_order() -> None:
    order = list(SEARCH_GROUPS)
    for subcategory in SUBCATEGORIES.values():
        assert list(subcategory.search_groups) == sorted(subcategory.search_groups, key=order.index)


def test_underage_rule_follows_the_price() -> None:
    assert not SUBCATEGORIES["VOD"].is_forbidden_to_underage(0)
    assert SUBCATEGORIES["VOD"].is_forbidden_to_underage(1)
    assert SUBCATEGORIES["JEU_EN_LIGNE"].is_forbidden_to_underage(0)
    assert not SUBCATEGORIES["CONCERT"].is_forbidden_to_underage(5_000)


def test_facts_for_other_contexts() -> None:
    facts = subcategory_facts("VOD")
    assert (facts.id, facts.category_id, facts.label) == ("VOD", "FILM", "Vidéo à la demande")
    assert facts.is_online_only
    assert facts.is_digital_deposit
    assert not facts.is_bookable_by_underage_when_not_free


def test_other_sub_types_are_found_under_their_own_type() -> None:
    assert former_sub_type(501, -1).slug == "JAZZ-OTHER"  # type: ignore[union-attr]
    assert former_sub_type(820, -1).slug == "ROCK-OTHER"  # type: ignore[union-attr]
    assert show_sub_type(100, 201) is None
    assert show_sub_type(200, 201).label == "Cirque Contemporain"  # type: ignore[union-attr]


def test_gtl_and_former_types_convert_both_ways() -> None:
    assert former_codes_of_gtl("02000000") == (501, -1)
    assert former_codes_of_gtl("99000000") is None
    assert gtl_of_former_codes(501, 502) == "02000000"
    assert gtl_of_former_codes(840, 844) == "08000000"
    assert gtl_of_former_codes(840, None) == "07000000"
    assert gtl_of_former_codes(12, None) is None
    assert genre_of_gtl("02050000").label == "Jazz / Blues"  # type: ignore[union-attr]


def test_gtl_labels_go_down_to_the_level_of_the_code() -> None:
    assert gtl_labels("03040500") == [None, None, "Shonen", None]
    assert gtl_labels("90020000") == ["Policier & Thriller", "Thriller", None, None]
    assert gtl_labels("nonsense") is None
    assert gtl_labels("99999999") is None


def test_venue_activities() -> None:
    assert is_allowed_activity("FESTIVAL", is_open_to_public=True)
    assert is_allowed_activity("FESTIVAL", is_open_to_public=False)
    assert not is_allowed_activity("MUSEUM", is_open_to_public=False)
    assert not is_allowed_activity("PRESS", is_open_to_public=False)
    assert not is_allowed_activity("BAKERY", is_open_to_public=True)
    assert venue_type_of("CINEMA") == "MOVIE"
    assert venue_type_of(None) == "OTHER"


@pytest.mark.skipif(not REFERENCE.exists(), reason="THE REFERENCE TABLES ARE NOT AT HAND: nothing compared")
def test_tables_agree_with_the_reference() -> None:
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    assert list(SUBCATEGORIES) == [row["id"] for row in reference["subcategories"]]
    for row in reference["subcategories"]:
        mine = SUBCATEGORIES[row["id"]]
        expected = {
            "category_id": row["categoryId"],
            "label": row["proLabel"].strip(),
            "app_label": row["appLabel"].strip(),
            "homepage_label": row["homepageLabelName"],
            "platform": Platform(row["onlineOfflinePlatform"]),
            "is_event": row["isEvent"],
            "can_expire": row["canExpire"],
            "can_be_duo": row["canBeDuo"],
            "can_have_opening_hours": row["canHaveOpeningHours"],
            "can_be_withdrawable": row["canBeWithdrawable"],
            "is_selectable": row["isSelectable"],
            "is_digital_deposit": row["isDigitalDeposit"],
            "is_physical_deposit": row["isPhysicalDeposit"],
            "is_permanent": row["isPermanent"],
            "is_bookable_by_underage_when_free": row["isBookableByUnderageWhenFree"],
            "is_bookable_by_underage_when_not_free": row["isBookableByUnderageWhenNotFree"],
            "search_groups": tuple(row["searchGroups"]),
        }
        assert {name: getattr(mine, name) for name in expected} == expected
        assert {f.name: (f.required_on_portal, f.required_on_public_api) for f in mine.fields} == {
            name: (field["requiredInternalForm"], field["requiredExternalForm"])
            for name, field in row["conditionalFields"].items()
        }
    sets = reference["subcategorySets"]
    assert set(sets["MUSIC"]) == MUSIC_SUBCATEGORIES
    assert set(sets["ONLINE_ONLY"]) == {s.id for s in SUBCATEGORIES.values() if s.is_online_only}
    for group in reference["searchGroups"]:
        assert set(group["subcategories"]) == subcategories_of_group(group["id"])
    assert list(BOOK_SECTIONS) == reference["bookMacroSections"]
    books = reference["bookTypes"]
    assert [genre.label for genre in BOOK_GENRES] == [row["label"] for row in books]
    assert [len(genre.children) for genre in BOOK_GENRES] == [len(row["children"]) for row in books]
    assert [g.level for b in BOOK_GENRES for g in b.gtls] == [
        g["level"] for b in reference["bookTypes"] for g in b["gtls"]
    ]
    assert [(s.code, len(s.children)) for s in SHOW_TYPES] == [
        (s["code"], len(s["children"])) for s in reference["showTypes"]
    ]
    assert [(g.gtl_id, g.label) for g in MUSIC_GENRES] == [
        (g["gtlId"], g["label"]) for g in reference["titeliveMusicTypes"]
    ]
    assert {g.id: g.label for g in MOVIE_GENRES.values()} == {g["name"]: g["label"] for g in reference["movieTypes"]}
    for slug, gtl in reference["gtlIdByOldMusicSlug"].items():
        child = next(c for kind in FORMER_TYPES for c in kind.children if c.slug == slug)
        assert child.gtl_id == gtl
