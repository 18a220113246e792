"""The pictures of documents, kept where nobody reads them over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

import structlog
from sqlalchemy import func, select, update

from shared import clock
from shared.commands import Counts
from shared.database import Database
from shared.outbound import PartnerError, PartnerRefused, PartnerUnavailable
from shared.storage import Storage
from users.identity.ubble.port import AssetExpired, Ubble
from users.identity.ubble.queries import check_of
from users.identity.ubble.rules import V2_PREFIX
from users.subscription.checks import CheckStatus, CheckType
from users.subscription.models import SubscriptionCheck

log = structlog.get_logger(__name__)
FOLDER = "id_pictures"
KEPT_LOOKING = timedelta(days=186)
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "application/pdf": "pdf"}
_OTHER = "bin"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


class PictureRefusal(StrEnum):
    UNKNOWN = "unknown"
    NOT_OK = "not ok"


def pictures_start(account_id: int) -> str:
    """How the keys of all pictures of a person start."""
    return f"{FOLDER}/{account_id}-"


def _stem(account_id: int, third_party_id: str) -> str:
    return f"{pictures_start(account_id)}{_UNSAFE.sub('_', third_party_id)}"


async def store_pictures(
    database: Database, ubble: Ubble, storage: Storage, identification_id: str
) -> PictureRefusal | None:
    """Archive front and back of an accepted identification; None when that is done.

    A picture whose address has expired is asked for once more. A partner that is away raises; nothing is then noted.
    """
    async with database.transaction() as session:
        check = await check_of(session, identification_id)
    if check is None:
        return PictureRefusal.UNKNOWN
    if check.status != CheckStatus.OK.value:
        return PictureRefusal.NOT_OK
    if check.id_pictures_stored:
        return None
    content = check.content or {}
    addresses = {"front": content.get("signed_image_front_url"), "back": content.get("signed_image_back_url")}
    stem = _stem(check.account_id, check.third_party_id)
    try:
        stored = await _archive(ubble, storage, identification_id, stem, addresses)
    except PartnerUnavailable:
        raise
    except (PartnerError, AssetExpired) as error:
        log.warning("ubble.pictures_lost", check_id=check.id, error=str(error))
        stored = False
    async with database.transaction() as session:
        await session.execute(
            update(SubscriptionCheck).where(SubscriptionCheck.id == check.id).values(id_pictures_stored=stored)
        )
    return None


async def _archive(
    ubble: Ubble, storage: Storage, identification_id: str, stem: str, addresses: dict[str, str | None]
) -> bool:
    """Whether there was a picture, and every one that there is was stored."""
    fresh: dict[str, str | None] | None = None
    some = False
    for side, address in addresses.items():
        try:
            if address is None:
                continue
            picture = await ubble.download(address)
        except AssetExpired:
            if fresh is None:
                front, back = await ubble.pictures(identification_id)
                fresh = {"front": front, "back": back}
            again = fresh[side]
            if again is None:
                return False
            picture = await ubble.download(again)
        extension = _EXTENSIONS.get(picture.content_type, _OTHER)
        await storage.put(f"{stem}-{side}.{extension}", picture.content, picture.content_type)
        some = True
    return some


async def archive_past(database: Database, ubble: Ubble, storage: Storage, *, dry_run: bool = False) -> Counts:
    """Archive the pictures of the last half-year that are not stored yet."""
    async with database.transaction() as session:
        missing = list(
            await session.scalars(
                select(SubscriptionCheck.third_party_id)
                .where(
                    SubscriptionCheck.type == CheckType.UBBLE.value,
                    SubscriptionCheck.status == CheckStatus.OK.value,
                    SubscriptionCheck.third_party_id.startswith(V2_PREFIX),
                    SubscriptionCheck.id_pictures_stored.is_not(True),
                    func.coalesce(SubscriptionCheck.updated_at, SubscriptionCheck.date_created)
                    > clock.now() - KEPT_LOOKING,
                )
                .order_by(SubscriptionCheck.id)
            )
        )
    if dry_run:
        return {"would_archive": len(missing)}
    counts = {"archived": 0, "failed": 0}
    for identification_id in missing:
        try:
            await store_pictures(database, ubble, storage, identification_id)
        except PartnerRefused as error:
            log.warning("ubble.pictures_refused", error=str(error))
            counts["failed"] += 1
        except PartnerError as error:
            log.warning("ubble.pictures_failed", error=str(error))
            counts["failed"] += 1
        else:
            counts["archived"] += 1
    return counts
