"""Reads of stocks for their partners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from offers.replicas.models import InventoryReplica
from offers.stocks.models import PriceCategory, Stock


class StocksOrder(StrEnum):
    DATE = "DATE"
    TIME = "TIME"
    BEGINNING_DATETIME = "BEGINNING_DATETIME"
    PRICE_CATEGORY_ID = "PRICE_CATEGORY_ID"
    BOOKING_LIMIT_DATETIME = "BOOKING_LIMIT_DATETIME"
    REMAINING_QUANTITY = "REMAINING_QUANTITY"
    DN_BOOKED_QUANTITY = "DN_BOOKED_QUANTITY"


@dataclass(frozen=True)
class StocksQuery:
    """Days and hours are those of the offer's zone. `page` counts from 1."""

    timezone: str
    day: date | None = None
    hour: time | None = None
    price_category_id: int | None = None
    order_by: StocksOrder = StocksOrder.BEGINNING_DATETIME
    descending: bool = False
    page: int = 1
    size: int = 20


def loaded_stocks() -> list[Any]:
    return [
        joinedload(Stock.inventory),
        joinedload(Stock.price_category).joinedload(PriceCategory.price_category_label),
        selectinload(Stock.activation_codes),
    ]


async def stocks_by_id(session: AsyncSession, stock_ids: Sequence[int]) -> Sequence[Stock]:
    """Stocks with what their answers and facts need, read anew, by id."""
    await session.flush()
    statement = select(Stock).where(Stock.id.in_(sorted(set(stock_ids)))).options(*loaded_stocks()).order_by(Stock.id)
    return (await session.execute(statement, execution_options={"populate_existing": True})).scalars().all()


async def stocks_page(session: AsyncSession, offer_id: int, query: StocksQuery) -> tuple[Sequence[Stock], int]:
    """One page of an offer's stocks, and how many there are in all. Two statements and one a relation."""
    local = func.timezone(query.timezone, Stock.beginning_datetime)
    conditions: list[Any] = [Stock.offer_id == offer_id, Stock.is_soft_deleted.is_(False)]
    if query.day is not None:
        conditions.append(sa.cast(local, sa.Date) == query.day)
    if query.hour is not None:
        conditions.append(func.date_trunc("minute", sa.cast(local, sa.Time).cast(sa.Interval)) == _minutes(query.hour))
    if query.price_category_id is not None:
        conditions.append(Stock.price_category_id == query.price_category_id)
    booked = func.coalesce(InventoryReplica.booked_quantity, 0)
    order: Any = {
        StocksOrder.DATE: sa.cast(local, sa.Date),
        StocksOrder.TIME: sa.cast(local, sa.Time),
        StocksOrder.BEGINNING_DATETIME: Stock.beginning_datetime,
        StocksOrder.PRICE_CATEGORY_ID: Stock.price_category_id,
        StocksOrder.BOOKING_LIMIT_DATETIME: Stock.booking_limit_datetime,
        StocksOrder.REMAINING_QUANTITY: Stock.quantity - booked,
        StocksOrder.DN_BOOKED_QUANTITY: booked,
    }[query.order_by]
    statement = (
        select(Stock)
        .outerjoin(InventoryReplica, InventoryReplica.id == Stock.id)
        .where(*conditions)
        .options(*loaded_stocks())
        .order_by(order.desc() if query.descending else order.asc(), Stock.id)
        .limit(query.size)
        .offset((query.page - 1) * query.size)
    )
    total = (await session.execute(select(func.count()).select_from(Stock).where(*conditions))).scalar_one()
    return (await session.execute(statement)).scalars().all(), total


def _minutes(hour: time) -> Any:
    return sa.cast(f"{hour.hour:02d}:{hour.minute:02d}:00", sa.Interval)


@dataclass(frozen=True)
class StocksSummary:
    """`remaining` None when any stock is unlimited."""

    count: int
    oldest: datetime | None
    newest: datetime | None
    remaining: int | None


async def stocks_summary(session: AsyncSession, offer_id: int) -> StocksSummary:
    """What an offer's stocks come to, deleted ones left out. One statement."""
    booked = func.coalesce(InventoryReplica.booked_quantity, 0)
    row = (
        await session.execute(
            select(
                func.count(Stock.id),
                func.min(Stock.beginning_datetime),
                func.max(Stock.beginning_datetime),
                func.bool_or(Stock.quantity.is_(None)),
                func.sum(func.greatest(Stock.quantity - booked, 0)),
            )
            .outerjoin(InventoryReplica, InventoryReplica.id == Stock.id)
            .where(Stock.offer_id == offer_id, Stock.is_soft_deleted.is_(False))
        )
    ).one()
    return StocksSummary(row[0], row[1], row[2], None if row[3] else int(row[4] or 0))
