"""A listing asks as many statements of PostgreSQL for many rows as for few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from offers.favorites.models import Favorite
from offers.offerers.actions import attach_user
from offers.offerers.models import Offerer, UserOfferer
from offers.offerers.values import ValidationStatus
from offers.offers.models import Offer
from offers.providers.models import OffererProvider, Provider, VenueProvider
from offers.reactions.models import BookingReplica
from offers.reminders.models import OfferReminder
from offers.replicas.models import UserReplica
from offers.search.actions import index_offers
from offers.stocks.models import Stock
from offers.venues.models import Address, OffererAddress, Venue
from offers.venues.values import LocationType
from shared.clock import now
from shared.testing.recorders import Tokens

from .conftest import PARTNER, Portal, add_venue

YOUNG = 11


class World:
    """Adds one more of everything that a listing may show."""

    def __init__(self, session: AsyncSession, offerer: Offerer, venue: Venue, provider: Provider) -> None:
        self.session, self.offerer, self.venue, self.provider = session, offerer, venue, provider
        self.count = 0

    async def _add(self, row: Any) -> Any:
        self.session.add(row)
        await self.session.flush()
        return row

    async def grow(self) -> None:
        self.count += 1
        number, session = self.count, self.session
        another = await self._add(
            Offerer(name=f"Structure {number}", siren=f"{number:09d}", validation_status=ValidationStatus.VALIDATED)
        )
        await attach_user(session, user_id=PARTNER, offerer_id=another.id, status=ValidationStatus.VALIDATED)
        mate = await self._add(
            UserReplica(id=100 + number, version=1, email=f"{number}@example.com", roles=["PRO"], is_active=True)
        )
        await self._add(UserOfferer(user_id=mate.id, offerer_id=self.offerer.id))
        place = await self._add(
            Address(
                street=f"{number} rue du Port",
                postal_code="75002",
                city="Paris",
                latitude=48.8,
                longitude=2.3,
                department_code="75",
            )
        )
        where = await self._add(
            OffererAddress(
                address_id=place.id,
                offerer_id=self.offerer.id,
                label=f"Salle {number}",
                type=LocationType.OFFER_LOCATION,
            )
        )
        link = await self._add(Provider(name=f"Logiciel {number}", is_active=True, enabled_for_pro=True))
        await self._add(VenueProvider(venue_id=self.venue.id, provider_id=link.id))
        more = await add_venue(session, self.offerer, number + 1, name=f"Lieu {number}")
        await self._add(VenueProvider(venue_id=more.id, provider_id=self.provider.id))
        film = f"Film {number}"
        offer = await self._add(
            Offer(
                name=film,
                subcategory_id="SEANCE_CINE",
                venue_id=self.venue.id,
                offerer_address_id=where.id,
                publication_datetime=now() - timedelta(days=1),
                own_extra_data={"allocineId": str(number)},
            )
        )
        for stocked in (offer.id, await self._first(offer.id)):
            begins = now() + timedelta(days=number, minutes=stocked % 7)
            await self._add(
                Stock(
                    offer_id=stocked,
                    price_cents=500,
                    quantity=5,
                    beginning_datetime=begins,
                    booking_limit_datetime=begins,
                )
            )
        await self._add(Favorite(user_id=YOUNG, offer_id=offer.id))
        await self._add(OfferReminder(user_id=YOUNG, offer_id=offer.id))
        await self._add(
            BookingReplica(
                id=number,
                version=1,
                user_id=YOUNG,
                offer_id=offer.id,
                subcategory_id="SEANCE_CINE",
                status="USED",
                date_created=now() - timedelta(days=9),
                date_used=now() - timedelta(days=8),
            )
        )
        await index_offers(session, [offer.id, await self._first(offer.id)])
        await session.commit()

    async def _first(self, otherwise: int) -> int:
        self.first = getattr(self, "first", otherwise)
        return self.first


@pytest.fixture
async def world(session: AsyncSession, offerer: Offerer, venue: Venue) -> World:
    provider = Provider(name="Billetterie", is_active=True)
    session.add(provider)
    await session.flush()
    session.add_all(
        [
            OffererProvider(offerer_id=offerer.id, provider_id=provider.id),
            VenueProvider(venue_id=venue.id, provider_id=provider.id),
        ]
    )
    await session.commit()
    made = World(session, offerer, venue, provider)
    await made.grow()
    return made


Who = Callable[[Tokens, World], dict[str, str]]
PRO: Who = lambda tokens, _: tokens.pro(PARTNER)  # noqa: E731
NATIVE: Who = lambda tokens, _: tokens.native(YOUNG)  # noqa: E731
SOFTWARE: Who = lambda tokens, world: tokens.provider(world.provider.id)  # noqa: E731

#: Who asks, what, and how many rows (by the answer) there are; None where the answer does not grow by one each time.
LISTINGS: list[tuple[Who, str, Callable[[Any], int] | None]] = [
    (PRO, "/offers", len),
    (PRO, "/offers/{first}", None),
    (PRO, "/offers/{first}/stocks/", lambda body: len(body["stocks"])),
    (PRO, "/offers/{first}/stocks-stats", None),
    (PRO, "/venues", lambda body: len(body["venues"])),
    (PRO, "/lite/venues", lambda body: len(body["venues"])),
    (PRO, "/offerers/names", lambda body: len(body["offerersNames"])),
    (PRO, "/offerers/{offerer}", lambda body: len(body["managedVenues"])),
    (PRO, "/offerers/{offerer}/members", lambda body: len(body["members"])),
    (PRO, "/offerers/{offerer}/offerer_addresses", len),
    (PRO, "/venues/{venue}", None),
    (PRO, "/venues/{venue}/venue-providers", lambda body: len(body["venueProviders"])),
    (PRO, "/venues/{venue}/providers", len),
    (SOFTWARE, "/public/offers/v1/offerer_venues", lambda body: len(body[0]["venues"])),
    (NATIVE, "/native/v1/me/favorites", lambda body: len(body["favorites"])),
    (NATIVE, "/native/v1/me/reminders", lambda body: len(body["reminders"])),
    (NATIVE, "/native/v1/reaction/available", None),
    (NATIVE, "/native/v1/search/offers?q=film", lambda body: len(body["hits"])),
    (NATIVE, "/native/v1/search/offers?sort=date", lambda body: len(body["hits"])),
    (NATIVE, "/native/v1/search/offers?sort=distance&latitude=48.8&longitude=2.3", lambda body: len(body["hits"])),
    (NATIVE, "/native/v1/recommendation/similar_offers/{first}", lambda body: len(body["results"])),
    (NATIVE, "/native/v1/venue/{venue}/movie/calendar?from={from}&to={to}", None),
]


@pytest.mark.parametrize(("who", "path", "size"), LISTINGS, ids=[path.partition("?")[0] for _, path, _ in LISTINGS])
async def test_statements_do_not_grow_with_the_rows(
    client: httpx.AsyncClient,
    tokens: Tokens,
    world: World,
    statements: Any,
    who: Who,
    path: str,
    size: Callable[[Any], int] | None,
) -> None:
    names = {
        "first": world.first,
        "offerer": world.offerer.id,
        "venue": world.venue.id,
        "from": now().date(),
        "to": now().date() + timedelta(days=10),
    }
    seen = []
    for more in (0, 2):
        for _ in range(more):
            await world.grow()
        with statements() as asked:
            answer = await client.get(path.format(**names), headers=who(tokens, world))
        assert answer.status_code == 200, answer.text
        seen.append((len(asked), size(answer.json()) if size else 0))
    (few, small), (many, large) = seen
    assert few == many <= 12
    assert size is None or large == small + 2


async def test_a_page_of_an_offer_with_many_stocks_asks_no_more(partner: Portal, world: World, statements: Any) -> None:
    with statements() as few:
        await partner.ok("GET", f"/offers/{world.first}")
    world.session.add_all([Stock(offer_id=world.first, price_cents=500, quantity=5) for _ in range(200)])
    await world.session.commit()
    with statements() as many:
        assert (await partner.ok("GET", f"/offers/{world.first}"))["hasStocks"] is True
    assert len(few) == len(many)
