"""The tree of choices of the app's search, as a flat list of nodes that name their parents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from offers.categories.genres import BOOK_GENRES, MOVIE_GENRES, SHOW_TYPES
from offers.categories.kinds import GenreType
from offers.categories.music import MUSIC_GENRES
from offers.categories.tables import NATIVE_CATEGORIES, SEARCH_GROUPS

# Under these groups the app sorts by label.
_UNORDERED = frozenset({"LIVRES"})


@dataclass(frozen=True, slots=True)
class SearchNode:
    """A choice. Choosing it asks the search for `search_value` in `search_filter`, or for any of `gtls`.

    Parents are named by their `search_value`, or by their label when they have none.
    """

    label: str
    parents: list[str] = field(default_factory=list)
    gtls: list[str] | None = None
    positions: dict[str, int] | None = None
    search_filter: str | None = None
    search_value: str | None = None


def search_nodes() -> list[SearchNode]:
    """Groups, then native categories, then genres."""
    return [*_groups(), *_native_categories(), *_books(), *_other_genres()]


def _groups() -> Iterator[SearchNode]:
    for group in sorted(SEARCH_GROUPS.values(), key=lambda row: row.order):
        if group.label is not None:
            yield SearchNode(group.label, search_filter="searchGroups", search_value=group.id)


def _native_categories() -> Iterator[SearchNode]:
    for native in NATIVE_CATEGORIES.values():
        parents = [parent for parent in native.parents if SEARCH_GROUPS[parent].label is not None]
        if native.label is None or not parents:
            continue
        positions = {parent: place for parent, place in native.positions.items() if parent not in _UNORDERED}
        yield SearchNode(
            native.label,
            parents,
            positions=positions or None,
            search_filter="nativeCategories",
            search_value=native.id,
        )


def _with_genre(kind: GenreType) -> list[str]:
    return [native.id for native in NATIVE_CATEGORIES.values() if native.genre_type is kind]


def _books() -> Iterator[SearchNode]:
    for genre in BOOK_GENRES:
        yield SearchNode(genre.label, _with_genre(GenreType.BOOK), gtls=[gtl.code for gtl in genre.gtls])
        for child in genre.children:
            yield SearchNode(child.label, [genre.label], gtls=[gtl.code for gtl in child.gtls])


def _other_genres() -> Iterator[SearchNode]:
    choices = [
        *((GenreType.MUSIC, "musicType", genre.id, genre.label) for genre in MUSIC_GENRES),
        *((GenreType.SHOW, "showType", kind.label, kind.label) for kind in SHOW_TYPES),
        *((GenreType.MOVIE, "movieGenres", genre.id, genre.label) for genre in MOVIE_GENRES.values()),
    ]
    places: dict[GenreType, int] = {}
    for kind, name, value, label in choices:
        place = places[kind] = places.get(kind, -1) + 1
        parents = _with_genre(kind)
        yield SearchNode(label, parents, None, dict.fromkeys(parents, place), name, value)
