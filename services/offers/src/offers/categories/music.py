"""Music genres: the trade's GTL codes, and the former numeric types that the portal still reads and writes."""

from __future__ import annotations

from dataclasses import dataclass

from offers.categories.files import rows, tree


@dataclass(frozen=True, slots=True)
class MusicGenre:
    """A first-level music genre; `can_be_event`: whether it is offered for concerts and festivals."""

    gtl_id: str
    id: str
    label: str
    can_be_event: bool


@dataclass(frozen=True, slots=True)
class FormerSubType:
    code: int
    label: str
    slug: str
    gtl_id: str
    parent_code: int


@dataclass(frozen=True, slots=True)
class FormerType:
    code: int
    label: str
    gtl_id: str
    children: tuple[FormerSubType, ...]


def _former_types() -> tuple[FormerType, ...]:
    found = []
    for node in tree("former_music.tree"):
        code, label = node.code_and_label
        children = []
        for child in node.children:
            child_code, child_label = child.code_and_label
            slug, _, gtl_id = child.detail.partition(" ")
            children.append(FormerSubType(child_code, child_label, slug, gtl_id or node.detail, code))
        found.append(FormerType(code, label, node.detail, tuple(children)))
    return tuple(found)


MUSIC_GENRES: tuple[MusicGenre, ...] = tuple(
    MusicGenre(row["gtl"], row["id"], row["label"], row["event"] == "yes") for row in rows("music_genres.csv")
)
FORMER_TYPES: tuple[FormerType, ...] = _former_types()
FORMER_TYPES_BY_CODE: dict[int, FormerType] = {kind.code: kind for kind in FORMER_TYPES}
MUSIC_GENRES_BY_GTL: dict[str, MusicGenre] = {genre.gtl_id: genre for genre in MUSIC_GENRES}
_FORMER_BY_SLUG: dict[str, FormerSubType] = {child.slug: child for kind in FORMER_TYPES for child in kind.children}
_FORMER_BY_GTL: dict[str, FormerSubType] = {
    row["gtl"]: _FORMER_BY_SLUG[row["former_type"]] for row in rows("music_gtl.csv")
}


def former_sub_type(type_code: int, code: int) -> FormerSubType | None:
    """The sub-type of a type; `-1` (other) exists under every type."""
    kind = FORMER_TYPES_BY_CODE.get(type_code)
    return next((child for child in kind.children if child.code == code), None) if kind else None


def is_former_sub_type(code: int) -> bool:
    return any(child.code == code for kind in FORMER_TYPES for child in kind.children)


def former_codes_of_gtl(gtl_id: str) -> tuple[int, int] | None:
    """The former type and sub-type of a GTL code, None when the code is unknown."""
    found = _FORMER_BY_GTL.get(gtl_id)
    return (found.parent_code, found.code) if found else None


def gtl_of_former_codes(type_code: int, sub_type_code: int | None) -> str | None:
    """The GTL code of a former type, more exact when its sub-type is known; None when the type is unknown."""
    if sub_type_code is not None and (child := former_sub_type(type_code, sub_type_code)):
        return child.gtl_id
    kind = FORMER_TYPES_BY_CODE.get(type_code)
    return kind.gtl_id if kind else None


def genre_of_gtl(gtl_id: str) -> MusicGenre | None:
    """The first-level genre that a GTL code belongs to."""
    return MUSIC_GENRES_BY_GTL.get(gtl_id[:2].ljust(8, "0"))
