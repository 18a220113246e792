"""The prices of an event, replaced as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.offers import rules as offer_rules
from offers.offers.answers import kept_stocks
from offers.offers.models import Offer
from offers.offers.values import OfferValidation
from offers.stocks import rules
from offers.stocks.actions import check_price, tell_stocks
from offers.stocks.models import PriceCategory, PriceCategoryLabel, Stock
from shared.clock import now
from shared.errors import field_error


@dataclass(frozen=True)
class PriceGiven:
    """A price and its name; `id` None for a new one."""

    label: str
    price_cents: int
    id: int | None = None


async def label_of(session: AsyncSession, venue_id: int, label: str) -> int:
    """The id of a price's name in a venue, made when it is new."""
    await session.execute(insert(PriceCategoryLabel).values(venue_id=venue_id, label=label).on_conflict_do_nothing())
    found = await session.execute(
        select(PriceCategoryLabel.id).where(PriceCategoryLabel.venue_id == venue_id, PriceCategoryLabel.label == label)
    )
    return found.scalar_one()


async def replace_price_categories(session: AsyncSession, offer: Offer, given: Sequence[PriceGiven]) -> None:
    """Make the prices of an offer that is locked what is given; a new price goes to its stocks that are not over.

    400 `priceCategories` (double, too many, or one removed that is in use), `price_category_id` (not of this offer), and
    prices as the stock rules say. Emits `stock.updated` and `stock.deleted` for the stocks concerned.
    """
    offer_rules.check_not_rejected(offer.validation)
    if not SUBCATEGORIES[offer.subcategory_id].is_event:
        raise field_error("global", "Seuls les évènements ont des tarifs.")
    pairs = [(item.label, item.price_cents) for item in given]
    if len(set(pairs)) != len(pairs):
        raise field_error("priceCategories", "Les tarifs doivent être différents.")
    if len(given) > rules.MAX_PRICE_CATEGORIES:
        raise field_error("priceCategories", f"Une offre a au plus {rules.MAX_PRICE_CATEGORIES} tarifs.")
    known = {category.id: category for category in offer.price_categories}
    kept = {item.id for item in given if item.id is not None}
    if not kept <= known.keys():
        unknown = min(kept - known.keys())
        raise field_error("price_category_id", f"Le tarif avec l’id {unknown} n’existe pas sur cette offre.")
    removed = sorted(known.keys() - kept)
    if removed and offer.validation is not OfferValidation.DRAFT:
        raise field_error("priceCategories", "Un tarif ne peut être supprimé que sur un brouillon.")
    facts: dict[int, str] = {}
    for item in given:
        category = known.get(item.id) if item.id is not None else None
        if category is None or category.price_cents != item.price_cents:
            await check_price(session, offer, item.price_cents)
        label_id = await label_of(session, offer.venue_id, item.label)
        if category is None:
            session.add(
                PriceCategory(offer_id=offer.id, price_cents=item.price_cents, price_category_label_id=label_id)
            )
            continue
        facts |= _reprice(offer, category, item.price_cents, relabelled=category.price_category_label_id != label_id)
        category.price_category_label_id = label_id
    await session.flush()
    if removed:
        await _remove(session, offer, removed)
    await tell_stocks(session, offer, facts)


def _reprice(offer: Offer, category: PriceCategory, price_cents: int, *, relabelled: bool) -> dict[int, str]:
    """Carry a new price or name to the category's stocks; those that are over keep their price."""
    moment = now()
    repriced = category.price_cents != price_cents
    category.price_cents = price_cents
    if not repriced and not relabelled:
        return {}
    touched: dict[int, str] = {}
    for stock in kept_stocks(offer):
        if stock.price_category_id == category.id and not rules.is_expired(stock, moment):
            stock.price_cents = price_cents
            touched[stock.id] = "updated"
    return touched


async def _remove(session: AsyncSession, offer: Offer, removed: Sequence[int]) -> None:
    """A draft's price goes with its dates: told as deleted first, so that nobody keeps them."""
    gone = [stock for stock in offer.stocks if stock.price_category_id in removed]
    for stock in gone:
        stock.is_soft_deleted = True
    await session.flush()
    await tell_stocks(session, offer, {stock.id: "deleted" for stock in gone})
    await session.execute(delete(Stock).where(Stock.price_category_id.in_(removed)))
    await session.execute(delete(PriceCategory).where(PriceCategory.id.in_(removed)))
