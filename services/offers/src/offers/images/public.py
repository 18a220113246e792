"""The files of images, for anyone. In production a bucket or a CDN answers in place of this."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from fastapi import Response as HttpResponse

from offers.images.keys import THUMBS
from shared.errors import not_found
from shared.storage import Storage
from shared.web import StorageOf, operation, public_router
from shared.web.access import anyone

router = public_router()

# A key never gets another content: a new image has a new identifier.
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_IMAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "The image"}}
_OPEN = operation(rate_limit="1200/minute", per="address")
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]


async def _file(storage: Storage, key: str) -> HttpResponse:
    found = await storage.get(key)
    # Whatever else lies in the storage, images alone are shown here.
    if found is None or not found.content_type.startswith("image/"):
        raise not_found()
    return HttpResponse(found.content, media_type=found.content_type, headers=_FOREVER)


@router.get(
    "/storage/thumbs/{folder}/{name}",
    operation_id="getStoredImage",
    response_class=HttpResponse,
    responses=_IMAGE,
    openapi_extra=_OPEN | operation(access=anyone()),
)
async def get_image(folder: Name, name: Name, storage: StorageOf) -> HttpResponse:
    """An image of an offer or a venue; 404 for any other key."""
    return await _file(storage, f"{THUMBS}/{folder}/{name}")


@router.get(
    "/storage/thumbs/{name}",
    operation_id="getStoredProductImage",
    response_class=HttpResponse,
    responses=_IMAGE,
    openapi_extra=_OPEN | operation(access=anyone()),
)
async def get_product_image(name: Name, storage: StorageOf) -> HttpResponse:
    """An image of a product; 404 for any other key."""
    return await _file(storage, f"{THUMBS}/{name}")
