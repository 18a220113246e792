"""The HTTP side that all services share."""

from shared.web.app import DatabaseOf, RedisOf, Session, StorageOf, create_service_app
from shared.web.routers import internal_router, native_router, operation, pro_router, public_router
from shared.web.schemas import (
    BodyIdentifier,
    Identifier,
    NativeRequest,
    ProRequest,
    PublicRequest,
    Response,
    StrictInt,
    UtcDatetime,
)
from shared.web.writing import written

__all__ = [
    "BodyIdentifier",
    "DatabaseOf",
    "Identifier",
    "NativeRequest",
    "ProRequest",
    "PublicRequest",
    "RedisOf",
    "Response",
    "Session",
    "StorageOf",
    "StrictInt",
    "UtcDatetime",
    "create_service_app",
    "internal_router",
    "native_router",
    "operation",
    "pro_router",
    "public_router",
    "written",
]
