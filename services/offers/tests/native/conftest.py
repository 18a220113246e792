"""Arranges offers for the app's faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from offers.images.models import Mediation
from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.offers.models import Offer
from offers.products.models import Product
from offers.replicas.models import InventoryReplica
from offers.search.actions import index_offers
from offers.stocks.models import Stock
from offers.venues.models import Address, OffererAddress, Venue
from offers.venues.values import LocationType
from shared.clock import now

PARIS = (48.8566, 2.3522)


@dataclass
class Made:
    """Adds rows with sensible values; `done()` indexes and commits them."""

    session: AsyncSession
    offers: list[Offer] = field(default_factory=list)
    _count: int = 0

    async def _add(self, row: Any) -> Any:
        self.session.add(row)
        await self.session.flush()
        return row

    async def offerer(self, **values: Any) -> Offerer:
        self._count += 1
        given = {"name": "Les Amis du Livre", "validation_status": ValidationStatus.VALIDATED, **values}
        return await self._add(Offerer(**{"siren": f"{self._count:09d}", **given}))

    async def place(
        self, offerer: Offerer, at: tuple[float, float] = PARIS, *, city: str = "Paris", **values: Any
    ) -> OffererAddress:
        self._count += 1
        latitude, longitude = (Decimal(str(round(degrees, 5))) for degrees in at)
        address = await self._add(
            Address(
                street=f"{self._count} rue de la Paix",
                postal_code="75002",
                city=city,
                latitude=latitude,
                longitude=longitude,
                department_code="75",
                timezone=values.pop("timezone", "Europe/Paris"),
            )
        )
        given = {"type": LocationType.OFFER_LOCATION, **values}
        return await self._add(OffererAddress(address_id=address.id, offerer_id=offerer.id, **given))

    async def venue(
        self,
        offerer: Offerer | None = None,
        at: tuple[float, float] | None = PARIS,
        *,
        city: str = "Paris",
        **values: Any,
    ) -> Venue:
        self._count += 1
        offerer = offerer or await self.offerer()
        given = {
            "name": "Librairie",
            "public_name": "La Grande Librairie",
            "comment": "x",
            "is_permanent": True,
            "is_open_to_public": True,
            "dms_token": f"{self._count:012x}",
            **values,
        }
        venue = await self._add(Venue(managing_offerer_id=offerer.id, **given))
        if at is not None:
            await self.place(offerer, at, city=city, type=LocationType.VENUE_LOCATION, venue_id=venue.id)
        return venue

    async def product(self, **values: Any) -> Product:
        return await self._add(Product(**{"name": "Un produit", "subcategory_id": "LIVRE_PAPIER", **values}))

    async def offer(self, venue: Venue | None = None, *, image: bool = False, **values: Any) -> Offer:
        venue = venue or await self.venue()
        given = {
            "name": "Un concert de jazz",
            "subcategory_id": "CONCERT",
            "publication_datetime": now() - timedelta(days=1),
            **values,
        }
        offer = await self._add(Offer(venue_id=venue.id, **given))
        if image:
            await self._add(Mediation(offer_id=offer.id, thumb_count=1, credit="Une photographe"))
        self.offers.append(offer)
        return offer

    async def stock(self, offer: Offer, *, booked: int = 0, **values: Any) -> Stock:
        given = {"price_cents": 1_000, "quantity": 10, "features": [], **values}
        stock = await self._add(Stock(offer_id=offer.id, **given))
        if booked:
            quantity = given["quantity"]
            replica = InventoryReplica(
                id=stock.id, version=1, offer_id=offer.id, quantity=quantity, booked_quantity=booked
            )
            await self._add(replica)
        return stock

    async def bookable(self, name: str, *, venue: Venue | None = None, price: int = 1_000, **values: Any) -> Offer:
        """An offer with one stock: an event in ten days unless `beginning` is given, a thing for `beginning=None`."""
        beginning: datetime | None = values.pop("beginning", now() + timedelta(days=10))
        quantity = values.pop("quantity", 10)
        offer = await self.offer(venue, name=name, **values)
        await self.stock(
            offer,
            price_cents=price,
            quantity=quantity,
            beginning_datetime=beginning,
            booking_limit_datetime=beginning,
        )
        return offer

    async def done(self) -> None:
        await index_offers(self.session, [offer.id for offer in self.offers])
        await self.session.commit()


@pytest.fixture
def make(session: AsyncSession) -> Made:
    return Made(session)
