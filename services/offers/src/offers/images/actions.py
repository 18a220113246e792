"""The image of an offer is given, replaced, taken away."""

from __future__ import annotations

import asyncio

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.images import rules
from offers.images.keys import mediation_key
from offers.images.models import Mediation
from offers.images.processing import standard_thumb
from offers.offers.changes import tell
from offers.offers.models import Offer
from offers.settings import get_settings
from shared.clock import now
from shared.storage import Storage

_CONTENT_TYPE = "image/jpeg"


async def set_thumbnail(
    session: AsyncSession,
    storage: Storage,
    offer: Offer,
    content: bytes,
    *,
    crop: rules.Crop | None = None,
    credit: str | None = None,
    author_id: int | None = None,
) -> tuple[Mediation, list[str]]:
    """Give a locked offer an image in place of any other. Emits `offer.updated`.

    Answers the image and the keys of the files that no one shows any more, to be deleted once this is committed.
    400 `errors` or BAD_IMAGE_RATIO.
    """
    thumb = await asyncio.to_thread(standard_thumb, content, crop, max_pixels=get_settings().image_max_pixels)
    gone = await _drop(session, offer.id)
    mediation = Mediation(
        offer_id=offer.id, author_id=author_id, credit=credit or None, thumb_count=1, is_active=True, date_created=now()
    )
    session.add(mediation)
    offer.date_updated = now()
    await session.flush()
    # Before the commit: an image that is told of exists. If the commit fails, only an unused file is left.
    await storage.put(mediation_key(mediation.id, mediation.thumb_count), thumb, _CONTENT_TYPE)
    await tell(session, offer.id, "updated")
    return mediation, gone


async def remove_thumbnail(session: AsyncSession, offer: Offer) -> list[str]:
    """Take the image of a locked offer away; the keys to delete once committed. Emits `offer.updated` if it had one."""
    gone = await _drop(session, offer.id)
    if gone:
        offer.date_updated = now()
        await tell(session, offer.id, "updated")
    return gone


async def _drop(session: AsyncSession, offer_id: int) -> list[str]:
    found = (await session.execute(select(Mediation).where(Mediation.offer_id == offer_id))).scalars().all()
    await session.execute(delete(Mediation).where(Mediation.offer_id == offer_id))
    return [mediation_key(row.id, number) for row in found for number in range(1, row.thumb_count + 1)]
