"""Genre trees of books, shows, films and music."""

from __future__ import annotations

from dataclasses import dataclass

from offers.categories.files import Node, lines, rows, tree

_GTL_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Gtl:
    """An entry of the book trade's classification: 8 digits, two a level."""

    code: str
    label: str

    @property
    def level(self) -> int:
        pairs = [self.code[i : i + 2] for i in range(0, 2 * _GTL_LEVELS, 2)]
        return max((level for level, pair in enumerate(pairs, start=1) if pair != "00"), default=0)


@dataclass(frozen=True, slots=True)
class BookGenre:
    label: str
    position: int
    gtls: tuple[Gtl, ...]
    children: tuple[BookGenre, ...] = ()


@dataclass(frozen=True, slots=True)
class ShowSubType:
    code: int
    label: str
    slug: str


@dataclass(frozen=True, slots=True)
class ShowType:
    code: int
    label: str
    children: tuple[ShowSubType, ...]


@dataclass(frozen=True, slots=True)
class Genre:
    """A genre of films or of music: an identifier and what people read."""

    id: str
    label: str


def _book_genre(node: Node, position: int) -> BookGenre:
    gtls = tuple(Gtl(*item.strip().split(" ", 1)) for item in node.detail.split("|"))
    return BookGenre(
        node.text, position, gtls, tuple(_book_genre(child, n) for n, child in enumerate(node.children, start=1))
    )


def _show_type(node: Node) -> ShowType:
    children = tuple(ShowSubType(*child.code_and_label, child.detail) for child in node.children)
    return ShowType(*node.code_and_label, children)


BOOK_GENRES: tuple[BookGenre, ...] = tuple(_book_genre(node, n) for n, node in enumerate(tree("books.tree"), start=1))
BOOK_SECTIONS: tuple[str, ...] = tuple(lines("book_sections.txt"))
BOOK_FORMATS: dict[str, str] = {row["id"]: row["label"] for row in rows("book_formats.csv")}
SHOW_TYPES: tuple[ShowType, ...] = tuple(_show_type(node) for node in tree("shows.tree"))
MOVIE_GENRES: dict[str, Genre] = {row["id"]: Genre(row["id"], row["label"]) for row in rows("movie_genres.csv")}

SHOW_TYPES_BY_CODE: dict[int, ShowType] = {kind.code: kind for kind in SHOW_TYPES}


def show_sub_type(type_code: int, code: int) -> ShowSubType | None:
    """The sub-type of a type of show; codes alone are not enough, since `-1` (other) exists under every type."""
    kind = SHOW_TYPES_BY_CODE.get(type_code)
    return next((child for child in kind.children if child.code == code), None) if kind else None


def is_show_sub_type(code: int) -> bool:
    return any(child.code == code for kind in SHOW_TYPES for child in kind.children)


_GTL_LABELS: dict[str, str] = {
    gtl.code: gtl.label for top in BOOK_GENRES for genre in (top, *top.children) for gtl in genre.gtls
}


def gtl_labels(code: str) -> list[str | None] | None:
    """The labels of the four levels of a book's GTL code that we know; None when not even its own is known."""
    if len(code) != 2 * _GTL_LEVELS or not code.isdigit():
        return None
    prefixes = [code[: 2 * level].ljust(2 * _GTL_LEVELS, "0") for level in range(1, _GTL_LEVELS + 1)]
    labels = [_GTL_LABELS.get(p) if level <= Gtl(code, "").level else None for level, p in enumerate(prefixes, start=1)]
    return labels if any(labels) else None
