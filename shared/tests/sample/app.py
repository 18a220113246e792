from typing import Annotated

from fastapi import FastAPI, Query

from sample.base import Thing
from sample.events import THING, ThingState
from sample.features import Flag, flags
from shared.database import emit
from shared.errors import ApiError, code_error
from shared.identity import NativeUser, OptionalNativeUser, ProUser
from shared.settings import ServiceSettings
from shared.web import (
    Identifier,
    NativeRequest,
    ProRequest,
    Response,
    Session,
    UtcDatetime,
    create_service_app,
    native_router,
    operation,
    pro_router,
)

native = native_router()
pro = pro_router()


class MakeThing(NativeRequest):
    thing_label: str


class Rename(ProRequest):
    label: str


class ThingAnswer(Response):
    thing_id: int
    made_at: UtcDatetime | None = None


@native.post("/native/v1/things", operation_id="postThing", openapi_extra=operation(rate_limit="10/minute"))
async def post_thing(body: MakeThing, user: NativeUser, session: Session) -> ThingAnswer:
    thing = Thing(label=body.thing_label)
    session.add(thing)
    await session.flush()
    await emit(session, THING, "made", ThingState(id=thing.id, label=thing.label))
    if body.thing_label == "refused":
        raise code_error("REFUSED")
    if body.thing_label == "broken":
        raise RuntimeError("secret inside")
    return ThingAnswer(thing_id=thing.id)


@native.get("/native/v1/things/{thing_id}", operation_id="getThing")
async def get_thing(
    thing_id: Identifier,
    user: OptionalNativeUser,
    session: Session,
    since: Annotated[UtcDatetime | None, Query()] = None,
) -> ThingAnswer:
    if await session.get(Thing, thing_id) is None:
        raise ApiError(404, {})
    return ThingAnswer(thing_id=thing_id, made_at=since)


@pro.patch("/things/{thing_id}", operation_id="patchThing", status_code=204)
async def patch_thing(thing_id: Identifier, body: Rename, user: ProUser) -> None:
    if not flags.is_active(Flag.RENAME_THINGS):
        raise ApiError(503, {"global": ["pas maintenant"]})


def create_app(settings: ServiceSettings) -> FastAPI:
    return create_service_app(settings, routers=[native, pro], title="sample", follows=[flags])
