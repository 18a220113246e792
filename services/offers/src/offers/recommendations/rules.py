"""What may be recommended beside an offer, or in a playlist: pure decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offers.categories.tables import (
    SEARCH_GROUPS,
    SUBCATEGORIES,
    subcategories_of_category,
    subcategories_of_group,
    subcategories_of_native_category,
)


def subcategories_named(names: Iterable[str]) -> frozenset[str]:
    """The subcategories of names of any level: subcategories, categories, native categories, search groups."""
    found: set[str] = set()
    for name in names:
        if name in SUBCATEGORIES:
            found.add(name)
        found |= subcategories_of_category(name) | subcategories_of_native_category(name)
        if name in SEARCH_GROUPS:
            found |= subcategories_of_group(name)
    return frozenset(found)


def similar_subcategories(subcategory_id: str | None, names: Sequence[str]) -> frozenset[str]:
    """Where to look for offers like one: in what is asked for, else in its own corner of the app."""
    if names:
        return subcategories_named(names)
    if subcategory_id is None:
        return frozenset()
    native = SUBCATEGORIES[subcategory_id].native_category
    return subcategories_of_native_category(native) if native else frozenset({subcategory_id})


def playlist_subcategories(
    subcategories: Sequence[str], categories: Sequence[str], is_event: bool | None
) -> frozenset[str] | None:
    """Where to look for the offers of a playlist; None for everywhere."""
    chosen: frozenset[str] | None = None
    if subcategories or categories:
        chosen = subcategories_named(subcategories) | subcategories_named(categories)
    if is_event is None:
        return chosen
    of_kind = frozenset(row.id for row in SUBCATEGORIES.values() if row.is_event is is_event)
    return of_kind if chosen is None else chosen & of_kind
