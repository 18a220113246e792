"""The category tables on the portal."""

from __future__ import annotations

from pydantic import Field

from offers.categories.kinds import Subcategory
from offers.categories.music import MUSIC_GENRES
from offers.categories.tables import CATEGORIES, SUBCATEGORIES
from shared.identity import ProUser
from shared.web import Response, operation, pro_router
from shared.web.access import PUBLIC, partners

router = pro_router()


class CategoryResponse(Response):
    id: str
    pro_label: str
    is_selectable: bool


class SubcategoryResponse(Response):
    id: str
    category_id: str
    pro_label: str
    app_label: str
    is_event: bool
    conditional_fields: list[str]
    can_expire: bool
    can_be_duo: bool
    online_offline_platform: str
    is_digital_deposit: bool
    is_physical_deposit: bool
    reimbursement_rule: str
    is_selectable: bool
    can_be_withdrawable: bool
    can_have_opening_hours: bool


class CategoriesResponse(Response):
    categories: list[CategoryResponse]
    subcategories: list[SubcategoryResponse]


class MusicType(Response):
    gtl_id: str = Field(alias="gtl_id")
    label: str
    can_be_event: bool


def _subcategory(row: Subcategory) -> SubcategoryResponse:
    return SubcategoryResponse(
        id=row.id,
        category_id=row.category_id,
        pro_label=row.label,
        app_label=row.app_label,
        is_event=row.is_event,
        conditional_fields=[field.name for field in row.fields],
        can_expire=row.can_expire,
        can_be_duo=row.can_be_duo,
        online_offline_platform=row.platform.value,
        is_digital_deposit=row.is_digital_deposit,
        is_physical_deposit=row.is_physical_deposit,
        reimbursement_rule=row.reimbursement.value,
        is_selectable=row.is_selectable,
        can_be_withdrawable=row.can_be_withdrawable,
        can_have_opening_hours=row.can_have_opening_hours,
    )


# The tables do not change while the process lives.
_CATEGORIES = CategoriesResponse(
    categories=[
        CategoryResponse(id=row.id, pro_label=row.label, is_selectable=row.is_selectable) for row in CATEGORIES.values()
    ],
    subcategories=[_subcategory(row) for row in SUBCATEGORIES.values()],
)


@router.get(
    "/offers/categories",
    operation_id="GetCategories",
    openapi_extra=operation(access=partners(other=PUBLIC, suspended=PUBLIC)),
)
async def get_categories(user: ProUser) -> CategoriesResponse:
    """Every category and subcategory, retired ones included."""
    return _CATEGORIES


@router.get(
    "/offers/music-types",
    operation_id="GetMusicTypes",
    openapi_extra=operation(access=partners(other=PUBLIC, suspended=PUBLIC)),
)
async def get_music_types(user: ProUser) -> list[MusicType]:
    """The genres of music by the trade's codes."""
    return [MusicType(gtl_id=row.gtl_id, label=row.label, can_be_event=row.can_be_event) for row in MUSIC_GENRES]
