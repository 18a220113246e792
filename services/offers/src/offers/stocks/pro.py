"""Stocks and prices, for the portal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offers.answers import offer_answer_with_address, remaining_or_unlimited
from offers.offers.queries import offer_or_404, whole_offer
from offers.offers.schemas import IndividualOfferWithAddress
from offers.offers.values import OfferValidation
from offers.replicas.pro_user import ActiveProUser
from offers.stocks import rules
from offers.stocks.actions import (
    EventStock,
    ThingStock,
    create_event_stocks,
    delete_stocks,
    timezone_of,
    update_event_stocks,
    upsert_thing_stocks,
)
from offers.stocks.price_categories import PriceGiven, replace_price_categories
from offers.stocks.queries import StocksQuery, stocks_page, stocks_summary
from offers.stocks.schemas import (
    ChangedPriceCategory,
    DeleteStocksBody,
    EventStockCreation,
    EventStocksCreation,
    EventStocksUpdate,
    PriceCategoriesBody,
    StockItem,
    Stocks,
    StocksPageQuery,
    StocksStats,
    ThingStocksBody,
)
from shared.clock import now
from shared.errors import ApiError, field_error
from shared.money import to_cents, to_euros
from shared.web import Identifier, Session, operation, pro_router
from shared.web.access import partners

router = pro_router()

_MANY = operation(max_body=2_000_000, timeout=60)


def _items(stocks: Iterable[Any], moment: datetime, *, is_draft: bool) -> list[StockItem]:
    return [
        StockItem(
            id=stock.id,
            price=float(to_euros(stock.price_cents)),
            quantity=stock.quantity,
            remaining_quantity=remaining_or_unlimited(stock),
            bookings_quantity=stock.booked_quantity,
            beginning_datetime=stock.beginning_datetime,
            booking_limit_datetime=stock.booking_limit_datetime,
            price_category_id=stock.price_category_id,
            has_activation_code=bool(stock.activation_codes),
            activation_codes_expiration_datetime=next(
                (code.expiration_date for code in stock.activation_codes if code.expiration_date is not None), None
            ),
            is_event_deletable=rules.is_deletable(stock, moment, is_draft=is_draft),
        )
        for stock in stocks
    ]


def _answer(stocks: Iterable[Any], *, total: int, edited: int, is_draft: bool) -> Stocks:
    return Stocks(stocks=_items(stocks, now(), is_draft=is_draft), total_stock_count=total, edited_stock_count=edited)


def _cents(price: Decimal | str) -> int:
    """Euros as the form sends them, to cents; 400 `price` when they are no amount."""
    try:
        euros = Decimal(price)
    except InvalidOperation:
        raise field_error("price", "Un nombre est attendu") from None
    if not euros.is_finite() or abs(euros) > 10**9:
        raise field_error("price", "Ce prix est invalide.")
    return to_cents(euros)


@router.get("/offers/{offer_id}/stocks/", operation_id="GetStocks", openapi_extra=operation(access=partners(other=403)))
async def get_stocks(
    offer_id: Identifier, user: ActiveProUser, session: Session, query: Annotated[StocksPageQuery, Query()]
) -> Stocks:
    offer = await offer_or_404(session, user, offer_id)
    stocks, total = await stocks_page(
        session,
        offer_id,
        StocksQuery(
            timezone=timezone_of(offer),
            day=query.day,
            hour=query.hour,
            price_category_id=query.price_category_id,
            order_by=query.order_by,
            descending=query.order_by_desc,
            page=query.page,
            size=query.stocks_limit_per_page,
        ),
    )
    return _answer(stocks, total=total, edited=0, is_draft=offer.validation is OfferValidation.DRAFT)


@router.patch(
    "/offers/{offer_id}/stocks/",
    operation_id="UpsertOfferStocks",
    openapi_extra=_MANY | operation(access=partners(other=403)),
)
async def patch_thing_stocks(
    offer_id: Identifier, body: ThingStocksBody, user: ActiveProUser, session: Session
) -> Stocks:
    missing = ApiError(404, {"global": "Cette offre n’existe pas."})
    offer = await offer_or_404(session, user, offer_id, lock=True, missing=missing)
    if any(stock.offer_id != offer_id for stock in body.stocks):
        raise ApiError(400, {"global": "Un des stocks est celui d’une autre offre."})
    given = [
        ThingStock(
            id=stock.id,
            price_cents=_cents(stock.price),
            quantity=stock.quantity,
            booking_limit_datetime=stock.booking_limit_datetime,
            activation_codes=stock.activation_codes,
            activation_codes_expiration=stock.activation_codes_expiration_datetime,
        )
        for stock in body.stocks
    ]
    stocks = await upsert_thing_stocks(session, offer, given)
    is_draft = offer.validation is OfferValidation.DRAFT
    return _answer(stocks, total=len(stocks), edited=len(stocks), is_draft=is_draft)


@router.post(
    "/offers/{offer_id}/stocks/delete", operation_id="DeleteStocks", openapi_extra=operation(access=partners(other=403))
)
async def post_delete_stocks(
    offer_id: Identifier, body: DeleteStocksBody, user: ActiveProUser, session: Session
) -> Stocks:
    offer = await offer_or_404(session, user, offer_id, lock=True)
    deleted = await delete_stocks(session, offer, body.ids_to_delete)
    stocks, total = await stocks_page(session, offer_id, StocksQuery(timezone=timezone_of(offer)))
    return _answer(stocks, total=total, edited=deleted, is_draft=offer.validation is OfferValidation.DRAFT)


@router.get(
    "/offers/{offer_id}/stocks-stats",
    operation_id="GetStocksStats",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_stocks_stats(offer_id: Identifier, user: ActiveProUser, session: Session) -> StocksStats:
    await offer_or_404(session, user, offer_id)
    summary = await stocks_summary(session, offer_id)
    if summary.count == 0:
        raise field_error("global", "L’offre en cours de création ne possède aucun stock")
    return StocksStats(
        oldest_stock=summary.oldest,
        newest_stock=summary.newest,
        stock_count=summary.count,
        remaining_quantity=summary.remaining,
    )


def _event(item: EventStockCreation, stock_id: int | None = None) -> EventStock:
    return EventStock(
        id=stock_id,
        beginning_datetime=item.beginning_datetime,
        booking_limit_datetime=item.booking_limit_datetime,
        price_category_id=item.price_category_id,
        quantity=item.quantity,
    )


async def _edited(session: AsyncSession, offer: Any, stocks: Sequence[Any]) -> Stocks:
    summary = await stocks_summary(session, offer.id)
    is_draft = offer.validation is OfferValidation.DRAFT
    return _answer(stocks, total=summary.count, edited=len(stocks), is_draft=is_draft)


@router.post(
    "/stocks/bulk",
    operation_id="BulkCreateEventStocks",
    status_code=201,
    openapi_extra=_MANY | operation(access=partners(other=403)),
)
async def post_event_stocks(body: EventStocksCreation, user: ActiveProUser, session: Session) -> Stocks:
    offer = await offer_or_404(session, user, body.offer_id, lock=True)
    return await _edited(
        session, offer, await create_event_stocks(session, offer, [_event(item) for item in body.stocks])
    )


@router.patch(
    "/stocks/bulk", operation_id="BulkUpdateEventStocks", openapi_extra=_MANY | operation(access=partners(other=403))
)
async def patch_event_stocks(body: EventStocksUpdate, user: ActiveProUser, session: Session) -> Stocks:
    offer = await offer_or_404(session, user, body.offer_id, lock=True)
    given = [_event(item, item.id) for item in body.stocks]
    return await _edited(session, offer, await update_event_stocks(session, offer, given))


@router.put(
    "/offers/{offer_id}/price_categories",
    operation_id="ReplaceOfferPriceCategories",
    openapi_extra=operation(access=partners(other=403)),
)
async def put_price_categories(
    offer_id: Identifier, body: PriceCategoriesBody, user: ActiveProUser, session: Session
) -> IndividualOfferWithAddress:
    missing = ApiError(404, {"offer_id": "Cette offre n’existe pas."})
    offer = await offer_or_404(session, user, offer_id, lock=True, missing=missing)
    await replace_price_categories(
        session,
        offer,
        [
            PriceGiven(
                label=item.label,
                price_cents=_cents(str(item.price)),
                id=item.id if isinstance(item, ChangedPriceCategory) else None,
            )
            for item in body.price_categories
        ],
    )
    return offer_answer_with_address(await whole_offer(session, offer_id), now())
