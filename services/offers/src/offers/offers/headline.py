"""The offer that a venue puts forward (offers rules: headline)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.offerers.access import check_access
from offers.offers import rules
from offers.offers.answers import is_headline, offer_thumb, status_of
from offers.offers.models import HeadlineOffer, Offer
from offers.offers.queries import offer_or_404, whole_offer
from offers.offers.values import OfferStatus
from offers.products.models import Product
from offers.search.actions import index_offer
from offers.venues.models import Venue
from shared.clock import now
from shared.errors import ApiError, field_error, not_found
from shared.identity import Principal


async def _is_eligible(session: AsyncSession, offerer_id: int) -> bool:
    """Exactly one permanent physical venue, and no physical venue that is not permanent."""
    rows = await session.execute(
        select(Venue.is_permanent).where(
            Venue.managing_offerer_id == offerer_id, Venue.is_virtual.is_(False), Venue.is_soft_deleted.is_(False)
        )
    )
    return list(rows.scalars()) == [True]


async def _running(session: AsyncSession, offerer_id: int, moment: datetime) -> list[HeadlineOffer]:
    rows = await session.execute(
        select(HeadlineOffer)
        .join(Venue, Venue.id == HeadlineOffer.venue_id)
        .where(Venue.managing_offerer_id == offerer_id, HeadlineOffer.timespan.contains(moment))
        .order_by(HeadlineOffer.id)
    )
    return list(rows.scalars())


async def _close(session: AsyncSession, headline: HeadlineOffer, moment: datetime) -> None:
    headline.timespan = Range(headline.timespan.lower, moment, bounds="[)")
    await session.flush()
    await session.execute(
        update(Product)
        .where(Product.id == select(Offer.product_id).where(Offer.id == headline.offer_id).scalar_subquery())
        .values(headlines_count=func.greatest(Product.headlines_count - 1, 0))
    )
    await index_offer(session, headline.offer_id)


async def put_forward(session: AsyncSession, user: Principal, offer_id: int) -> Offer:
    """Make an offer the headline of its venue, in place of another one. 404, 403, 400 `global` for each reason."""
    offer = await offer_or_404(session, user, offer_id, lock=True)
    offerer_id = offer.venue.managing_offerer_id
    # Two headlines at once: the second waits here and then sees the first.
    await session.execute(select(Venue.id).where(Venue.id == offer.venue_id).with_for_update(key_share=True))
    moment = now()
    if not await _is_eligible(session, offerer_id):
        raise field_error("global", "Vous ne pouvez pas mettre d’offre à la une sur cette structure.")
    if not rules.is_headline_subcategory(SUBCATEGORIES[offer.subcategory_id]):
        raise field_error("global", "Une offre numérique ne peut être mise à la une.")
    if status_of(offer, moment) is not OfferStatus.ACTIVE:
        raise field_error("global", "Cette offre n’est pas active, elle ne peut être mise à la une.")
    if offer_thumb(offer) is None:
        raise field_error("global", "Une offre mise à la une doit avoir une image.")
    for headline in await _running(session, offerer_id, moment):
        if headline.offer_id == offer.id:
            raise field_error("global", "Cette offre est déjà à la une.")
        await _close(session, headline, moment)
    session.add(HeadlineOffer(offer_id=offer.id, venue_id=offer.venue_id, timespan=Range(moment, None, bounds="[)")))
    if offer.product_id is not None:
        await session.execute(
            update(Product).where(Product.id == offer.product_id).values(headlines_count=Product.headlines_count + 1)
        )
    await session.flush()
    await index_offer(session, offer.id)
    return await whole_offer(session, offer.id)


async def close_headline(session: AsyncSession, user: Principal, offerer_id: int) -> None:
    """No offer of the offerer is the headline any more; no error when none was. 403 without access."""
    await check_access(session, user, offerer_id)
    moment = now()
    for headline in await _running(session, offerer_id, moment):
        await _close(session, headline, moment)


async def headline_of(session: AsyncSession, user: Principal, offerer_id: int) -> Offer:
    """The offer that is put forward now. 403; 404 `{}` when there is none, 404 `global` (a bare sentence) for several."""
    await check_access(session, user, offerer_id)
    moment = now()
    running = await _running(session, offerer_id, moment)
    if len(running) > 1:
        raise ApiError(404, {"global": "Plusieurs offres sont à la une."})
    if not running:
        raise not_found()
    offer = await whole_offer(session, running[0].offer_id)
    if not is_headline(offer, moment):
        raise not_found()
    return offer
