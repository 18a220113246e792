"""What Ubble tells us. The body only says where to look: the truth is read from Ubble afterwards."""

from __future__ import annotations

from typing import Any

import orjson
import structlog
from fastapi import Request
from fastapi.responses import JSONResponse

from shared.errors import ApiError
from shared.outbound import PartnerError, PartnerUnavailable
from shared.web import DatabaseOf, internal_router, operation, public_router
from shared.web.access import house, signed
from users.identity.ubble.actions import note_news
from users.identity.ubble.pictures import PictureRefusal, store_pictures
from users.identity.ubble.rules import UbbleStatus
from users.identity.ubble.signature import is_signed, is_signed_v1
from users.partners import PartnersOf

log = structlog.get_logger(__name__)
router = public_router()
internal = internal_router()

WEBHOOK = operation(rate_limit="3000/minute", per="address", max_body=256 * 1024)
DONE = {"status": "ok"}


def _refused(status: int) -> ApiError:
    return ApiError(status, {"signature": ["La signature est absente ou fausse."]})


def _said(body: bytes) -> tuple[str | None, UbbleStatus | None]:
    """The identification and the status that a message names; nothing for one that names none."""
    try:
        message: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None, None
    data = message.get("data") if isinstance(message, dict) else None
    if not isinstance(data, dict):
        return None, None
    identifier, status = data.get("identity_verification_id"), data.get("status")
    known = UbbleStatus(status) if status in set(UbbleStatus) else None
    return (identifier if isinstance(identifier, str) and "\x00" not in identifier else None), known


@router.post(
    "/webhooks/ubble/v2/application_status",
    operation_id="ubbleV2ApplicationStatus",
    openapi_extra=WEBHOOK | operation(access=signed()),
)
async def application_status_v2(request: Request, database: DatabaseOf, partners: PartnersOf) -> dict[str, str]:
    """Answers 200 to whatever is signed: Ubble must not send it again."""
    header = request.headers.get("cko-signature")
    if not header:
        raise _refused(401)
    body = await request.body()
    key = await partners.ubble_webhook_key()
    if key is None or not is_signed(header, body, key):
        raise _refused(403)
    identification_id, status = _said(body)
    if identification_id is not None:
        async with database.transaction() as session:
            await note_news(session, identification_id, status)
    return DONE


@router.post(
    "/webhooks/ubble/application_status",
    operation_id="ubbleApplicationStatus",
    openapi_extra=WEBHOOK | operation(access=signed()),
)
async def application_status_v1(request: Request, partners: PartnersOf) -> dict[str, str]:
    """Identifications of the first API are closed: a message about one is taken note of in the log alone."""
    header = request.headers.get("ubble-signature")
    if not header:
        raise _refused(401)
    secret = partners.settings.ubble_webhook_secret.get_secret_value()
    if not is_signed_v1(header, await request.body(), secret):
        raise _refused(403)
    log.info("ubble.v1_webhook")
    return DONE


@internal.post(
    "/webhooks/ubble/store_id_pictures", operation_id="ubbleStoreIdPictures", openapi_extra=operation(access=house())
)
async def store_id_pictures(request: Request, database: DatabaseOf, partners: PartnersOf) -> JSONResponse:
    """Archive the pictures of an accepted identification now; for the house alone."""
    try:
        body: Any = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        body = None
    identification_id = body.get("identification_id") if isinstance(body, dict) else None
    if not isinstance(identification_id, str) or "\x00" in identification_id:
        raise ApiError(400, {"identification_id": ["Ce champ est obligatoire"]})
    try:
        refusal = await store_pictures(database, partners.ubble, partners.private_storage, identification_id)
    except PartnerUnavailable as error:
        raise ApiError(503, {"msg": str(error)}, {"Retry-After": "60"}) from error
    except PartnerError as error:
        raise ApiError(500, {"msg": str(error)}) from error
    if refusal is PictureRefusal.UNKNOWN:
        raise ApiError(404, {})
    if refusal is PictureRefusal.NOT_OK:
        raise ApiError(422, {"msg": "cette vérification n'est pas acceptée"})
    return JSONResponse(DONE)
