"""What the portal sends and reads of stocks and prices."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from offers.offers.schemas import BodyId
from offers.stocks.queries import StocksOrder
from offers.stocks.rules import MAX_QUANTITY
from shared.web import ProRequest, Response, StrictInt, UtcDatetime
from shared.web.schemas import BIGINT_MAX

Price = Annotated[Decimal, Field(max_digits=12, allow_inf_nan=False)]
EventQuantity = Annotated[StrictInt, Field(ge=0, le=MAX_QUANTITY)]


class EventStockCreation(ProRequest):
    beginning_datetime: UtcDatetime
    booking_limit_datetime: UtcDatetime | None = None
    price_category_id: BodyId
    quantity: EventQuantity | None = None


class EventStockUpdate(EventStockCreation):
    id: BodyId


class EventStocksCreation(ProRequest):
    offer_id: BodyId
    stocks: list[EventStockCreation]


class EventStocksUpdate(ProRequest):
    offer_id: BodyId
    stocks: list[EventStockUpdate]


class ThingStockBody(ProRequest):
    id: BodyId | None = None
    offer_id: BodyId
    price: Price | str
    quantity: Annotated[StrictInt, Field(le=BIGINT_MAX)] | None = None
    booking_limit_datetime: UtcDatetime | None = None
    activation_codes: list[str] | None = None
    activation_codes_expiration_datetime: UtcDatetime | None = None


class ThingStocksBody(ProRequest):
    stocks: list[ThingStockBody]


class DeleteStocksBody(ProRequest):
    ids_to_delete: list[BodyId] = Field(alias="ids_to_delete")


class NewPriceCategory(ProRequest):
    label: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    price: float


class ChangedPriceCategory(NewPriceCategory):
    id: BodyId


class PriceCategoriesBody(ProRequest):
    price_categories: list[ChangedPriceCategory | NewPriceCategory]


class StocksPageQuery(ProRequest):
    day: date | None = Field(None, alias="date")
    hour: time | None = Field(None, alias="time")
    price_category_id: int | None = Field(None, alias="price_category_id", ge=1, le=BIGINT_MAX)
    order_by: StocksOrder = Field(StocksOrder.BEGINNING_DATETIME, alias="order_by")
    order_by_desc: bool = Field(False, alias="order_by_desc")
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    stocks_limit_per_page: Annotated[int, Field(ge=1, le=1_000, alias="stocks_limit_per_page")] = 20


class StockItem(Response):
    id: int
    price: float
    quantity: int | None = None
    remaining_quantity: int | str | None = None
    bookings_quantity: int
    beginning_datetime: UtcDatetime | None = None
    booking_limit_datetime: UtcDatetime | None = None
    price_category_id: int | None = None
    has_activation_code: bool
    activation_codes_expiration_datetime: UtcDatetime | None = None
    is_event_deletable: bool


class Stocks(Response):
    stocks: list[StockItem]
    total_stock_count: int
    edited_stock_count: int


class StocksStats(Response):
    oldest_stock: UtcDatetime | None = None
    newest_stock: UtcDatetime | None = None
    stock_count: int | None = None
    remaining_quantity: int | None = None
