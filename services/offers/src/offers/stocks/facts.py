"""What other contexts are told of stocks and activation codes."""

from __future__ import annotations

from offers.stocks.models import ActivationCode, Stock
from shared.events import offers as facts


def stock_state(stock: Stock, *, has_activation_codes: bool) -> facts.Stock:
    """The public state of a stock whose price category and its label are loaded."""
    category = stock.price_category
    return facts.Stock(
        id=stock.id,
        offer_id=stock.offer_id,
        price_cents=stock.price_cents,
        quantity=stock.quantity,
        beginning_datetime=stock.beginning_datetime,
        booking_limit_datetime=stock.booking_limit_datetime,
        price_category_id=stock.price_category_id,
        price_category_label=category.label if category is not None else None,
        features=list(stock.features),
        is_soft_deleted=stock.is_soft_deleted,
        has_activation_codes=has_activation_codes,
        id_at_provider=stock.id_at_providers,
    )


def activation_code_state(code: ActivationCode) -> facts.ActivationCode:
    return facts.ActivationCode(
        id=code.id, stock_id=code.stock_id, code=code.code, expiration_date=code.expiration_date
    )
