"""The category tables as the app reads them."""

from __future__ import annotations

from typing import Annotated

from fastapi.responses import Response as RawResponse

from offers.categories.genres import BOOK_GENRES, BOOK_SECTIONS, MOVIE_GENRES, SHOW_TYPES, BookGenre
from offers.categories.kinds import GenreType, Platform
from offers.categories.music import MUSIC_GENRES
from offers.categories.names import one_of
from offers.categories.search_tree import search_nodes
from offers.categories.tables import CATEGORIES, HOMEPAGE_LABELS, NATIVE_CATEGORIES, SEARCH_GROUPS, SUBCATEGORIES
from shared.web import Response, native_router, operation
from shared.web.access import anyone

NO_NATIVE_CATEGORY = "NATIVE_CATEGORY_NONE"

SubcategoryName = Annotated[str, one_of(SUBCATEGORIES)]
CategoryName = Annotated[str, one_of(CATEGORIES)]
SearchGroupName = Annotated[str, one_of(SEARCH_GROUPS)]
NativeCategoryName = Annotated[str, one_of([*NATIVE_CATEGORIES, NO_NATIVE_CATEGORY])]
HomepageLabelName = Annotated[str, one_of(HOMEPAGE_LABELS)]


class SubcategoryResponse(Response):
    id: SubcategoryName
    category_id: CategoryName
    native_category_id: NativeCategoryName
    app_label: str
    search_group_name: SearchGroupName
    homepage_label_name: HomepageLabelName
    is_event: bool
    online_offline_platform: Platform


class SearchGroupResponse(Response):
    name: SearchGroupName
    value: str | None


class HomepageLabelResponse(Response):
    name: HomepageLabelName
    value: str | None


class NativeCategoryResponse(Response):
    name: NativeCategoryName
    value: str | None
    genre_type: GenreType | None
    parents: list[SearchGroupName]
    positions: dict[str, int] | None


class GenreValue(Response):
    name: str
    value: str


class GtlResponse(Response):
    code: str
    label: str
    level: int


class BookSubType(Response):
    label: str
    position: int
    gtls: list[GtlResponse]


class BookType(Response):
    label: str
    position: int
    gtls: list[GtlResponse]
    children: list[BookSubType]


class NamedGenre(Response):
    name: str
    label: str


class ShowSubTypeResponse(Response):
    code: int
    label: str
    slug: str


class ShowTypeResponse(Response):
    code: int
    label: str
    children: list[ShowSubTypeResponse]


class GenreTypeResponse(Response):
    name: GenreType
    values: list[GenreValue]
    trees: list[BookType] | list[NamedGenre] | list[ShowTypeResponse]


class SubcategoriesResponse(Response):
    subcategories: list[SubcategoryResponse]
    search_groups: list[SearchGroupResponse]
    homepage_labels: list[HomepageLabelResponse]
    native_categories: list[NativeCategoryResponse]
    genre_types: list[GenreTypeResponse]


class CategoryResponse(Response):
    label: str
    parents: list[str]
    gtls: list[str] | None
    positions: dict[str, int] | None
    search_filter: str | None
    search_value: str | None


class CategoriesResponse(Response):
    categories: list[CategoryResponse]


def _subcategories() -> list[SubcategoryResponse]:
    return [
        SubcategoryResponse(
            id=row.id,
            category_id=row.category_id,
            native_category_id=row.native_category or NO_NATIVE_CATEGORY,
            app_label=row.app_label,
            search_group_name=row.search_groups[0],
            homepage_label_name=row.homepage_label,
            is_event=row.is_event,
            online_offline_platform=row.platform,
        )
        for row in SUBCATEGORIES.values()
    ]


def _native_categories() -> list[NativeCategoryResponse]:
    found = [
        NativeCategoryResponse(
            name=row.id,
            value=row.label,
            genre_type=row.genre_type,
            parents=list(row.parents),
            positions=row.positions or None,
        )
        for row in NATIVE_CATEGORIES.values()
    ]
    none = NativeCategoryResponse(name=NO_NATIVE_CATEGORY, value=None, genre_type=None, parents=[], positions=None)
    return [*found, none]


def _book_type(genre: BookGenre) -> BookType:
    gtls = [GtlResponse.model_validate(gtl) for gtl in genre.gtls]
    children = [BookSubType.model_validate(child) for child in genre.children]
    return BookType(label=genre.label, position=genre.position, gtls=gtls, children=children)


def _genre_types() -> list[GenreTypeResponse]:
    music = {genre.label: genre.id for genre in MUSIC_GENRES}
    movies = {genre.label: genre.id for genre in MOVIE_GENRES.values()}
    shows = {kind.label: kind.label for kind in SHOW_TYPES}
    books = {section: section for section in BOOK_SECTIONS}

    def values(labels: dict[str, str]) -> list[GenreValue]:
        return [GenreValue(name=labels[label], value=label) for label in sorted(labels)]

    return [
        GenreTypeResponse(
            name=GenreType.BOOK,
            values=[GenreValue(name=section, value=section) for section in books],
            trees=[_book_type(genre) for genre in BOOK_GENRES],
        ),
        GenreTypeResponse(
            name=GenreType.MUSIC,
            values=values(music),
            trees=[NamedGenre(name=genre.id, label=genre.label) for genre in MUSIC_GENRES],
        ),
        GenreTypeResponse(
            name=GenreType.SHOW,
            values=values(shows),
            trees=[ShowTypeResponse.model_validate(kind) for kind in SHOW_TYPES],
        ),
        GenreTypeResponse(
            name=GenreType.MOVIE,
            values=values(movies),
            trees=[NamedGenre(name=genre.id, label=genre.label) for genre in MOVIE_GENRES.values()],
        ),
    ]


# The tables do not change while a process lives: each answer is written once.
_SUBCATEGORIES = SubcategoriesResponse(
    subcategories=_subcategories(),
    search_groups=[SearchGroupResponse(name=group.id, value=group.label) for group in SEARCH_GROUPS.values()],
    homepage_labels=[HomepageLabelResponse(name=name, value=label) for name, label in HOMEPAGE_LABELS.items()],
    native_categories=_native_categories(),
    genre_types=_genre_types(),
).model_dump_json()
_CATEGORIES = CategoriesResponse(
    categories=[CategoryResponse.model_validate(node) for node in search_nodes()]
).model_dump_json()

router = native_router()


@router.get(
    "/native/v1/subcategories/v2",
    operation_id="getNativeV1SubcategoriesV2",
    response_model=SubcategoriesResponse,
    openapi_extra=operation(access=anyone()),
)
async def get_subcategories() -> RawResponse:
    """Every subcategory, with the groups and genres that the app sorts them into."""
    return RawResponse(_SUBCATEGORIES, media_type="application/json")


@router.get(
    "/native/v1/categories",
    operation_id="getNativeV1Categories",
    response_model=CategoriesResponse,
    openapi_extra=operation(access=anyone()),
)
async def get_categories() -> RawResponse:
    """The nodes of the search's tree, in one flat list."""
    return RawResponse(_CATEGORIES, media_type="application/json")
