"""The one way in which a change of an offer becomes known: to other contexts and to the search."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from offers.offers.facts import offer_state
from offers.offers.models import Offer
from offers.offers.queries import whole_offer
from offers.search.actions import index_offer
from shared.database import emit
from shared.events.offers import OFFER


async def tell(session: AsyncSession, offer_id: int, fact: str) -> Offer:
    """Emit `offer.<fact>` with the state after the change and index the offer; the offer, read anew."""
    offer = await whole_offer(session, offer_id)
    await emit(session, OFFER, fact, offer_state(offer))
    await index_offer(session, offer_id)
    return offer
