"""What partners do to stocks. Every action locks the offer, so that two edits of the same offer follow one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.offers import rules as offer_rules
from offers.offers.answers import ALLOCINE, kept_stocks
from offers.offers.models import Offer, OfferPriceLimitationRule
from offers.offers.values import OfferValidation
from offers.search.actions import index_offer
from offers.stocks import rules
from offers.stocks.facts import activation_code_state, stock_state
from offers.stocks.models import ActivationCode, Stock
from offers.stocks.queries import stocks_by_id
from offers.venues.shapes import is_caledonian
from shared.clock import now
from shared.database import emit
from shared.errors import ApiError, field_error
from shared.events.offers import ACTIVATION_CODE, STOCK

CINEMA_PROVIDERS = frozenset({"CDSStocks", "BoostStocks", "CGRStocks", "EMSStocks"})
DEFAULT_LIMIT_BEFORE = timedelta(days=3)


@dataclass(frozen=True)
class EventStock:
    """A date of an event; `id` None for a new one, `quantity` None for unlimited."""

    beginning_datetime: datetime
    price_category_id: int
    booking_limit_datetime: datetime | None = None
    quantity: int | None = None
    id: int | None = None


@dataclass(frozen=True)
class ThingStock:
    """A thing for sale; `activation_codes` None when the codes are left as they are."""

    price_cents: int
    quantity: int | None = None
    booking_limit_datetime: datetime | None = None
    activation_codes: Sequence[str] | None = None
    activation_codes_expiration: datetime | None = None
    id: int | None = None


def timezone_of(offer: Offer) -> str:
    """The zone of the offer's address, else of its venue's."""
    location = offer.offerer_address or offer.venue.offerer_address
    return location.address.timezone if location is not None else "Europe/Paris"


async def tell_stocks(session: AsyncSession, offer: Offer, facts: dict[int, str]) -> Sequence[Stock]:
    """Emit `stock.<fact>` for each id with the state after the change, and index the offer; the stocks, read anew."""
    stocks = await stocks_by_id(session, list(facts))
    for stock in stocks:
        state = stock_state(stock, has_activation_codes=bool(stock.activation_codes))
        await emit(session, STOCK, facts[stock.id], state)
    await index_offer(session, offer.id)
    return stocks


def _event_subcategory(offer: Offer, *, event: bool) -> None:
    if SUBCATEGORIES[offer.subcategory_id].is_event is not event:
        sentence = "Cette offre est un évènement." if not event else "Cette offre n’est pas un évènement."
        raise field_error("global", sentence)


def _check_stock_creation(offer: Offer) -> None:
    if offer.last_provider is not None:
        raise field_error("global", "Les stocks de cette offre sont gérés par un logiciel partenaire.")


def _check_stock_edition(offer: Offer, changed: set[str]) -> None:
    """What a partner may change of a provider's stocks."""
    provider = offer.last_provider
    if provider is None or provider.local_class in CINEMA_PROVIDERS:
        return
    if provider.local_class == ALLOCINE:
        allowed = {"booking_limit_datetime", "price_cents", "price_category_id", "quantity"}
    else:
        allowed = set() if SUBCATEGORIES[offer.subcategory_id].is_event else {"quantity"}
    if changed - allowed:
        raise field_error("global", "Les stocks de cette offre sont gérés par un logiciel partenaire.")


async def _limitation(session: AsyncSession, offer: Offer) -> tuple[int | None, Decimal | None]:
    """The reference price in cents and the rate that an offer's prices must keep to; (None, None) when free."""
    if offer.validation is OfferValidation.DRAFT or offer.ean:
        return None, None
    reference = offer.last_validation_price_cents
    if reference is None:
        stocks = kept_stocks(offer)
        reference = stocks[0].price_cents if stocks else None
    if reference is None:
        return None, None
    rate = await session.scalar(
        select(OfferPriceLimitationRule.rate).where(OfferPriceLimitationRule.subcategory_id == offer.subcategory_id)
    )
    return reference, rate


async def check_price(session: AsyncSession, offer: Offer, price_cents: int, *, key: str | None = None) -> None:
    """The price is under the cap and in the range of its subcategory's rule, if any."""
    rules.check_price(price_cents, is_caledonian=is_caledonian(offer.venue), key=key)
    reference, rate = await _limitation(session, offer)
    rules.check_price_limitation(price_cents, reference, rate, key=key or "priceLimitationRule")


def _check_future(moment: datetime | None, key: str) -> None:
    if moment is not None and moment <= now():
        raise field_error(key, "Cette date doit être future.")


def _default_limit(beginning: datetime, timezone: str) -> datetime:
    """Three days before the event, at 23:59 where it takes place (offers rules: stocks)."""
    local = (beginning - DEFAULT_LIMIT_BEFORE).astimezone(ZoneInfo(timezone))
    return min(local.replace(hour=23, minute=59, second=0, microsecond=0).astimezone(beginning.tzinfo), beginning)


def _check_event(offer: Offer, given: EventStock, limit: datetime) -> None:
    _check_future(given.beginning_datetime, "beginningDatetime")
    rules.check_booking_limit(
        limit,
        beginning=given.beginning_datetime,
        timezone=timezone_of(offer),
        publication_datetime=offer.publication_datetime,
        booking_allowed_datetime=offer.booking_allowed_datetime,
    )


def _prices(offer: Offer, given: Sequence[EventStock]) -> dict[int, int]:
    """Price by category; 400 `price_category_id` for one that is not of this offer."""
    known = {category.id: category.price_cents for category in offer.price_categories}
    unknown = sorted({stock.price_category_id for stock in given} - known.keys())
    if unknown:
        raise field_error(
            "price_category_id", f"Le tarif avec l’id {', '.join(map(str, unknown))} n’existe pas sur cette offre."
        )
    return known


async def create_event_stocks(session: AsyncSession, offer: Offer, given: Sequence[EventStock]) -> Sequence[Stock]:
    """Add dates to an event that is locked; a date with the same price category that is there already is left out.

    Emits `stock.created`. 400 by field as the stock rules say.
    """
    offer_rules.check_not_rejected(offer.validation)
    _event_subcategory(offer, event=True)
    _check_stock_creation(offer)
    prices = _prices(offer, given)
    present = {(stock.beginning_datetime, stock.price_category_id) for stock in kept_stocks(offer)}
    fresh: list[EventStock] = []
    for stock in given:
        pair = (stock.beginning_datetime, stock.price_category_id)
        if pair not in present:
            present.add(pair)
            fresh.append(stock)
    if len(kept_stocks(offer)) + len(fresh) > rules.MAX_STOCKS:
        raise field_error("stocks", f"Le nombre maximum de stocks par offre est de {rules.MAX_STOCKS}")
    for category_id in sorted({stock.price_category_id for stock in fresh}):
        await check_price(session, offer, prices[category_id], key="priceCategoryId")
    made = []
    for item in fresh:
        limit = item.booking_limit_datetime or _default_limit(item.beginning_datetime, timezone_of(offer))
        _check_event(offer, item, limit)
        rules.check_quantity(item.quantity, 0)
        made.append(
            Stock(
                offer_id=offer.id,
                price_cents=prices[item.price_category_id],
                price_category_id=item.price_category_id,
                quantity=item.quantity,
                beginning_datetime=item.beginning_datetime,
                booking_limit_datetime=limit,
            )
        )
    session.add_all(made)
    await session.flush()
    _note_first_price(offer, [stock.price_cents for stock in made])
    return await tell_stocks(session, offer, {stock.id: "created" for stock in made})


def _note_first_price(offer: Offer, prices: list[int]) -> None:
    if prices and offer.validation is OfferValidation.APPROVED and offer.last_validation_price_cents is None:
        offer.last_validation_price_cents = max(prices)


async def update_event_stocks(session: AsyncSession, offer: Offer, given: Sequence[EventStock]) -> Sequence[Stock]:
    """Change dates of an event that is locked, all or none. Emits `stock.updated`, `stock.rescheduled` when a date moves.

    400 `stock_id` for a stock that is not of this offer, and by field as the stock rules say.
    """
    offer_rules.check_not_rejected(offer.validation)
    _event_subcategory(offer, event=True)
    stocks = {stock.id: stock for stock in kept_stocks(offer)}
    wanted = {item.id: item for item in given}
    unknown = sorted(identifier for identifier in wanted if identifier not in stocks and identifier is not None)
    if unknown:
        raise field_error("stock_id", f"Les stocks avec les ids {unknown} n’existent pas sur cette offre.")
    prices = _prices(offer, given)
    moment, is_draft = now(), offer.validation is OfferValidation.DRAFT
    taken = {(stock.beginning_datetime, stock.price_category_id) for stock in stocks.values() if stock.id not in wanted}
    facts: dict[int, str] = {}
    for identifier in sorted(key for key in wanted if key is not None):
        item, stock = wanted[identifier], stocks[identifier]
        pair = (item.beginning_datetime, item.price_category_id)
        if pair in taken:
            continue
        taken.add(pair)
        values = {
            "beginning_datetime": item.beginning_datetime,
            # Without a limit people may book until it begins.
            "booking_limit_datetime": item.booking_limit_datetime or item.beginning_datetime,
            "price_category_id": item.price_category_id,
            "price_cents": prices[item.price_category_id],
            "quantity": item.quantity,
        }
        changed = {name for name, value in values.items() if value != getattr(stock, name)}
        if not changed:
            continue
        rules.check_editable(stock, moment, is_draft=is_draft)
        _check_stock_edition(offer, changed)
        _check_event(offer, item, item.booking_limit_datetime or item.beginning_datetime)
        rules.check_quantity(item.quantity, stock.booked_quantity)
        if "price_cents" in changed:
            await check_price(session, offer, prices[item.price_category_id], key="priceCategoryId")
        _apply(stock, {name: values[name] for name in changed}, moment)
        facts[stock.id] = "rescheduled" if "beginning_datetime" in changed else "updated"
    await session.flush()
    await tell_stocks(session, offer, facts)
    return await stocks_by_id(session, list(facts))


def _apply(stock: Stock, values: dict[str, object], moment: datetime) -> None:
    for name, value in values.items():
        setattr(stock, name, value)
    if "quantity" in values:
        stock.date_modified = moment


async def upsert_thing_stocks(session: AsyncSession, offer: Offer, given: Sequence[ThingStock]) -> Sequence[Stock]:
    """Make the stocks of a thing that is locked what is given: new ones are added, missing ones are deleted.

    Emits `stock.created`, `stock.updated`, `stock.deleted`, `activation_code.created`. 400 `global` (a bare sentence) for
    an event or an unknown id, and by field as the stock rules say.
    """
    offer_rules.check_not_rejected(offer.validation)
    if SUBCATEGORIES[offer.subcategory_id].is_event:
        raise ApiError(400, {"global": "Cette offre est un évènement."})
    stocks = {stock.id: stock for stock in kept_stocks(offer)}
    wanted = {item.id for item in given if item.id is not None}
    if not wanted <= stocks.keys():
        raise ApiError(400, {"global": "Un des stocks n’existe pas sur cette offre."})
    facts: dict[int, str] = {}
    for item in given:
        _check_thing(offer, item, stocks.get(item.id) if item.id is not None else None)
        if item.id is None:
            _check_stock_creation(offer)
            stock = await _create_thing_stock(session, offer, item)
            facts[stock.id] = "created"
        elif await _update_thing_stock(session, offer, stocks[item.id], item):
            facts[item.id] = "updated"
    gone = [stock for identifier, stock in stocks.items() if identifier not in wanted]
    for stock in gone:
        stock.is_soft_deleted = True
        facts[stock.id] = "deleted"
    await session.flush()
    await tell_stocks(session, offer, facts)
    return [stock for stock in await stocks_by_id(session, [*wanted, *facts]) if not stock.is_soft_deleted]


def _check_thing(offer: Offer, item: ThingStock, stock: Stock | None) -> None:
    moved = stock is None or item.booking_limit_datetime != stock.booking_limit_datetime
    if moved:
        _check_future(item.booking_limit_datetime, "bookingLimitDatetime")
    rules.check_booking_limit(
        item.booking_limit_datetime,
        timezone=timezone_of(offer),
        publication_datetime=offer.publication_datetime,
        booking_allowed_datetime=offer.booking_allowed_datetime,
    )
    if item.activation_codes is not None:
        rules.check_activation_codes(
            item.activation_codes,
            is_event=False,
            has_url=bool(offer.url),
            expiration=item.activation_codes_expiration,
            booking_limit=item.booking_limit_datetime,
        )


async def _create_thing_stock(session: AsyncSession, offer: Offer, item: ThingStock) -> Stock:
    await check_price(session, offer, item.price_cents)
    quantity = len(item.activation_codes) if item.activation_codes else item.quantity
    rules.check_quantity(quantity, 0)
    stock = Stock(
        offer_id=offer.id,
        price_cents=item.price_cents,
        quantity=quantity,
        booking_limit_datetime=item.booking_limit_datetime,
    )
    session.add(stock)
    await session.flush()
    _note_first_price(offer, [stock.price_cents])
    await _add_codes(session, stock, item.activation_codes or (), item.activation_codes_expiration)
    return stock


async def _add_codes(session: AsyncSession, stock: Stock, codes: Sequence[str], expiration: datetime | None) -> None:
    made = [ActivationCode(stock_id=stock.id, code=code.strip(), expiration_date=expiration) for code in codes]
    session.add_all(made)
    await session.flush()
    for code in made:
        await emit(session, ACTIVATION_CODE, "created", activation_code_state(code))


async def _update_thing_stock(session: AsyncSession, offer: Offer, stock: Stock, item: ThingStock) -> bool:
    quantity = item.quantity
    new_codes: list[str] = []
    if item.activation_codes:
        known = set(await session.scalars(select(ActivationCode.code).where(ActivationCode.stock_id == stock.id)))
        new_codes = [code for code in item.activation_codes if code.strip() not in known]
        quantity = len(known) + len(new_codes)
    values = {
        "price_cents": item.price_cents,
        "quantity": quantity,
        "booking_limit_datetime": item.booking_limit_datetime,
    }
    changed = {name for name, value in values.items() if value != getattr(stock, name)}
    if not changed and not new_codes:
        return False
    _check_stock_edition(offer, changed)
    rules.check_quantity(quantity, stock.booked_quantity)
    if "price_cents" in changed:
        await check_price(session, offer, item.price_cents)
    _apply(stock, {name: values[name] for name in changed}, now())
    await _add_codes(session, stock, new_codes, item.activation_codes_expiration)
    return True


async def delete_stocks(session: AsyncSession, offer: Offer, stock_ids: Sequence[int]) -> int:
    """Delete stocks of an offer that is locked; ids of other offers are ignored. The number deleted.

    All are checked before any goes: 400 `global` for a rejected offer, a date more than 48 hours past, or too many.
    Emits `stock.deleted`, on which `bookings` cancels.
    """
    if len(set(stock_ids)) > rules.MAX_DELETED_AT_ONCE:
        raise field_error("global", f"Au plus {rules.MAX_DELETED_AT_ONCE} stocks peuvent être supprimés à la fois.")
    offer_rules.check_not_rejected(offer.validation)
    moment, is_draft = now(), offer.validation is OfferValidation.DRAFT
    gone = [stock for stock in kept_stocks(offer) if stock.id in set(stock_ids)]
    for stock in gone:
        rules.check_deletable(stock, moment, is_draft=is_draft)
    for stock in gone:
        stock.is_soft_deleted = True
    await session.flush()
    await tell_stocks(session, offer, {stock.id: "deleted" for stock in gone})
    return len(gone)
