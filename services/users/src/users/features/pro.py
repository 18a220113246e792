"""The portal's feature flags."""

from __future__ import annotations

from fastapi import Request
from pydantic import RootModel

from shared.web import Response, operation, pro_router
from shared.web.access import anyone
from users.features.portal import Portal

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
async def list_features(request: Request) -> ListFeatureResponseModel:
    portal: Portal = request.app.state.portal_features
    return ListFeatureResponseModel([FeatureResponseModel.model_validate(flag) for flag in portal.shown()])
