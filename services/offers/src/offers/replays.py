"""Pages of the current states of what `offers` publishes, for `replay`; rows are locked while their states are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from offers.offerers.facts import attachment_state, offerer_state
from offers.offerers.models import Offerer, UserOfferer
from offers.offers.facts import offer_state
from offers.offers.models import Offer
from offers.offers.queries import whole_offer
from offers.stocks.facts import activation_code_state, stock_state
from offers.stocks.models import ActivationCode, Stock
from offers.stocks.queries import stocks_by_id
from offers.venues.facts import venue_state
from offers.venues.models import OffererAddress, Venue
from shared.events import State


async def _ids(session: AsyncSession, model: Any, after: int, limit: int) -> list[int]:
    statement = select(model.id).where(model.id > after).order_by(model.id).limit(limit).with_for_update(read=True)
    return list(await session.scalars(statement))


async def offerers(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    ids = await _ids(session, Offerer, after, limit)
    for row in await session.scalars(select(Offerer).where(Offerer.id.in_(ids)).order_by(Offerer.id)):
        yield offerer_state(row)


async def attachments(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    ids = await _ids(session, UserOfferer, after, limit)
    for row in await session.scalars(select(UserOfferer).where(UserOfferer.id.in_(ids)).order_by(UserOfferer.id)):
        yield attachment_state(row)


async def venues(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    ids = await _ids(session, Venue, after, limit)
    statement = (
        select(Venue)
        .where(Venue.id.in_(ids))
        .options(joinedload(Venue.offerer_address).joinedload(OffererAddress.address))
        .order_by(Venue.id)
    )
    for row in await session.scalars(statement):
        yield venue_state(row)


async def offers(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    for offer_id in await _ids(session, Offer, after, limit):
        yield offer_state(await whole_offer(session, offer_id))


async def stocks(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    ids = await _ids(session, Stock, after, limit)
    for stock in await stocks_by_id(session, ids):
        yield stock_state(stock, has_activation_codes=bool(stock.activation_codes))


async def activation_codes(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    ids = await _ids(session, ActivationCode, after, limit)
    rows = select(ActivationCode).where(ActivationCode.id.in_(ids)).order_by(ActivationCode.id)
    for code in await session.scalars(rows):
        yield activation_code_state(code)
