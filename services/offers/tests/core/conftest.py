"""A partner with a venue, and what the portal sends."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest_asyncio
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offerers.actions import attach_user, create_offerer, validate_offerer
from offers.offerers.models import Offerer
from offers.offerers.values import ValidationStatus
from offers.sandbox_data import BOOKSHOP, siren, siret
from offers.venues.actions import create_venue
from offers.venues.addresses import AddressGiven
from offers.venues.models import Venue
from shared.clock import now
from shared.testing.recorders import Tokens

PARTNER, STRANGER, ADMIN = 7, 8, 9
ACCESSIBILITY = {f"{kind}DisabilityCompliant": False for kind in ("audio", "mental", "motor", "visual")}
UNKNOWN = 9_000_000_000


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def later(**delta: float) -> str:
    """A moment from now, as the portal writes it."""
    return iso(now().replace(microsecond=0) + timedelta(**delta))


def portrait(size: tuple[int, int] = (400, 600), colour: str = "navy") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


@dataclass
class Portal:
    """The portal as one person uses it."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.client.request(method, path, headers=self.headers, **options)

    async def ok(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = await self.call(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, status: int = 400, **options: Any) -> dict[str, Any]:
        answer = await self.call(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def draft(self, venue: Venue, subcategory: str = "CONFERENCE", **values: Any) -> dict[str, Any]:
        body = {"name": "Une offre", "venueId": venue.id, "subcategoryId": subcategory, **ACCESSIBILITY, **values}
        return await self.ok("POST", "/offers", 201, json=body)

    async def event(self, venue: Venue, *days: float, quantity: int | None = 10, **values: Any) -> dict[str, Any]:
        """A draft with a price and dates so many days from now."""
        offer = await self.draft(venue, **values)
        path = f"/offers/{offer['id']}/price_categories"
        offer = await self.ok("PUT", path, json={"priceCategories": [{"label": "Plein", "price": 12.5}]})
        price = offer["priceCategories"][0]["id"]
        dates = [{"beginningDatetime": later(days=day), "priceCategoryId": price, "quantity": quantity} for day in days]
        await self.ok("POST", "/stocks/bulk", 201, json={"offerId": offer["id"], "stocks": dates})
        return offer

    async def thing(self, venue: Venue, subcategory: str = "MATERIEL_ART_CREATIF", **values: Any) -> dict[str, Any]:
        """A draft with one stock."""
        stock = {"price": 10, "quantity": 5, **values.pop("stock", {})}
        offer = await self.draft(venue, subcategory, **values)
        body = {"stocks": [{"offerId": offer["id"], **stock}]}
        await self.ok("PATCH", f"/offers/{offer['id']}/stocks/", json=body)
        return offer

    async def publish(self, offer: dict[str, Any], **values: Any) -> dict[str, Any]:
        return await self.ok("PATCH", "/offers/publish", json={"id": offer["id"], **values})


@pytest_asyncio.fixture
async def offerer(session: AsyncSession) -> AsyncIterator[Offerer]:
    made = await create_offerer(session, name="Le Port des mots", siren=siren("40000000"))
    await validate_offerer(session, made)
    await attach_user(session, user_id=PARTNER, offerer_id=made.id, status=ValidationStatus.VALIDATED)
    await session.commit()
    yield made


async def add_venue(session: AsyncSession, offerer: Offerer, number: int = 1, **values: Any) -> Venue:
    given: dict[str, Any] = {
        "name": "Librairie du Port",
        "siret": siret(offerer.siren, number),
        "address": AddressGiven(
            BOOKSHOP.street, BOOKSHOP.postal_code, BOOKSHOP.city, BOOKSHOP.latitude, BOOKSHOP.longitude
        ),
        "activity": "BOOKSTORE",
        **values,
    }
    venue = await create_venue(session, offerer, **given)
    await session.commit()
    return venue


@pytest_asyncio.fixture
async def venue(session: AsyncSession, offerer: Offerer) -> AsyncIterator[Venue]:
    yield await add_venue(session, offerer)


@pytest_asyncio.fixture
async def partner(client: httpx.AsyncClient, tokens: Tokens) -> Portal:
    return Portal(client, tokens.pro(PARTNER))


@pytest_asyncio.fixture
async def stranger(client: httpx.AsyncClient, tokens: Tokens) -> Portal:
    return Portal(client, tokens.pro(STRANGER))


@pytest_asyncio.fixture
async def admin(client: httpx.AsyncClient, tokens: Tokens) -> Portal:
    return Portal(client, tokens.pro(ADMIN, roles=["ADMIN"]))
