"""Addresses: found or made, and given to venues and offers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from offers.venues import rules
from offers.venues.models import Address, OffererAddress, Venue
from offers.venues.values import LocationType
from shared.errors import field_error


@dataclass(frozen=True)
class AddressGiven:
    """An address as somebody typed it or a register gave it. A manual one has no `ban_id`."""

    street: str
    postal_code: str
    city: str
    latitude: Decimal | float | str
    longitude: Decimal | float | str
    ban_id: str | None = None
    insee_code: str | None = None
    is_manual_edition: bool = False
    label: str | None = None


async def get_or_create_address(session: AsyncSession, given: AddressGiven) -> Address:
    """The one row for this place; 400 `latitude`, `longitude` or `city` when it cannot be one."""
    if len(given.city) > rules.MAX_CITY:
        raise field_error("city", f"Le nom de la ville doit faire au plus {rules.MAX_CITY} caractères.")
    manual = given.is_manual_edition
    department = rules.department_of(given.insee_code, given.postal_code)
    place = {
        "ban_id": None if manual else given.ban_id,
        "insee_code": given.insee_code,
        "street": given.street,
        "postal_code": given.postal_code,
        "city": given.city.title() if manual else given.city,
        "latitude": rules.coordinate(given.latitude, limit=90, key="latitude"),
        "longitude": rules.coordinate(given.longitude, limit=180, key="longitude"),
    }
    await session.execute(
        insert(Address)
        .values(
            **place,
            department_code=department,
            timezone=rules.timezone_of(department),
            is_manual_edition=manual,
        )
        .on_conflict_do_nothing(constraint="uq_address_place")
    )
    same = [getattr(Address, name).is_not_distinct_from(value) for name, value in place.items()]
    return (await session.execute(select(Address).where(*same))).scalar_one()


async def offer_location(
    session: AsyncSession, *, offerer_id: int, address_id: int, label: str | None
) -> OffererAddress:
    """The offerer's location for offers at an address under a label, made when there is none yet."""
    found = (
        await session.execute(
            select(OffererAddress)
            .where(
                OffererAddress.offerer_id == offerer_id,
                OffererAddress.address_id == address_id,
                OffererAddress.label.is_not_distinct_from(label),
                OffererAddress.type.is_distinct_from(LocationType.VENUE_LOCATION),
            )
            .order_by(OffererAddress.id)
            .limit(1)
        )
    ).scalar_one_or_none()
    if found is None:
        found = OffererAddress(
            offerer_id=offerer_id, address_id=address_id, label=label, type=LocationType.OFFER_LOCATION
        )
        session.add(found)
        await session.flush()
    return found


async def own_location(session: AsyncSession, venue: Venue) -> OffererAddress | None:
    """The location for offers that take place at their venue: its address under its common name.

    None for a venue without an address (a virtual one). The venue's `offerer_address` must be loaded.
    """
    if venue.offerer_address is None:
        return None
    return await offer_location(
        session,
        offerer_id=venue.managing_offerer_id,
        address_id=venue.offerer_address.address_id,
        label=venue.common_name,
    )
