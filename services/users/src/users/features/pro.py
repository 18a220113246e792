"""The portal's feature flags."""

from __future__ import annotations

from pydantic import RootModel

from shared.web import Response, Session, operation, pro_router
from shared.web.access import anyone
from users.features.queries import portal_flags

router = pro_router()


class FeatureResponseModel(Response):
    id: int
    name: str
    is_active: bool


class ListFeatureResponseModel(RootModel[list[FeatureResponseModel]]):
    """Every flag that the portal reads."""


@router.get(
    "/features",
    operation_id="ListFeatures",
    response_model=ListFeatureResponseModel,
    openapi_extra=operation(access=anyone()),
)
async def list_features(session: Session) -> ListFeatureResponseModel:
    return ListFeatureResponseModel([FeatureResponseModel.model_validate(flag) for flag in await portal_flags(session)])
