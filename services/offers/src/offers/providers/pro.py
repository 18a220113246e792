"""Links between venues and technical partners, for the portal."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from offers.offerers.access import check_access
from offers.offers.answers import ALLOCINE
from offers.providers.queries import links_of_venue, providers_for_venue
from offers.replicas.pro_user import ActiveProUser
from offers.venues.queries import venue_or_404
from shared.identity import Principal
from shared.money import to_euros
from shared.web import Identifier, Response, Session, UtcDatetime, operation, pro_router
from shared.web.access import partners

router = pro_router()


class ProviderItem(Response):
    id: int
    name: str
    enabled_for_pro: bool
    is_active: bool
    has_offerer_provider: bool


class VenueProviderItem(Response):
    id: int
    venue_id: int
    venue_id_at_offer_provider: str | None
    provider: ProviderItem
    is_active: bool
    is_duo: bool | None
    is_from_allocine_provider: bool
    price: float | None = None
    quantity: int | None = None
    date_created: UtcDatetime
    last_sync_date: UtcDatetime | None


class VenueProviders(Response):
    venue_providers: list[VenueProviderItem]


async def _check(session: AsyncSession, user: Principal, venue_id: int) -> None:
    venue = await venue_or_404(session, venue_id)
    await check_access(session, user, venue.managing_offerer_id)


@router.get(
    "/venues/{venue_id}/venue-providers",
    operation_id="ListVenueProviders",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_venue_providers(venue_id: Identifier, user: ActiveProUser, session: Session) -> VenueProviders:
    await _check(session, user, venue_id)
    return VenueProviders(
        venue_providers=[
            VenueProviderItem(
                id=link.id,
                venue_id=link.venue_id,
                venue_id_at_offer_provider=link.venue_id_at_offer_provider,
                provider=_provider(link.provider),
                is_active=link.is_active,
                is_duo=link.is_duo_offers,
                is_from_allocine_provider=link.provider.local_class == ALLOCINE,
                price=float(to_euros(link.price_cents)) if link.price_cents is not None else None,
                quantity=link.quantity,
                date_created=link.date_created,
                last_sync_date=link.last_sync_date,
            )
            for link in await links_of_venue(session, venue_id)
        ]
    )


@router.get(
    "/venues/{venue_id}/providers",
    operation_id="GetProvidersByVenue",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_providers(venue_id: Identifier, user: ActiveProUser, session: Session) -> list[ProviderItem]:
    await _check(session, user, venue_id)
    return [_provider(provider) for provider in await providers_for_venue(session)]


def _provider(provider: Any) -> ProviderItem:
    return ProviderItem(
        id=provider.id,
        name=provider.name,
        enabled_for_pro=provider.enabled_for_pro,
        is_active=provider.is_active,
        has_offerer_provider=provider.offerer_provider is not None,
    )
