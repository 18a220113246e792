"""Replicas follow their owners: every fact is written unless a newer one is known."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bookings.replicas.models import (
    AttachmentReplica,
    OffererReplica,
    OfferReplica,
    StockReplica,
    UserReplica,
    VenueReplica,
)
from shared.database import upsert_replica
from shared.events import Event, Subscribers
from shared.events.offers import (
    ATTACHMENT,
    OFFER,
    OFFERER,
    STOCK,
    VENUE,
    Address,
    Attachment,
    Offer,
    Offerer,
    Stock,
    Venue,
)
from shared.events.users import USER, User

subscribers = Subscribers()


def _address_columns(address: Address | None) -> dict[str, Any]:
    return {
        "address": address.model_dump(mode="json") if address is not None else None,
        "address_id": address.id if address is not None else None,
        "department_code": address.department_code if address is not None else None,
        "timezone": address.timezone if address is not None else None,
    }


@subscribers.on(USER)
async def replicate_user(event: Event[User], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session,
        UserReplica,
        event,
        email=state.email,
        first_name=state.first_name,
        last_name=state.last_name,
        birth_date=state.birth_date,
        phone_number=state.phone_number,
        postal_code=state.postal_code,
        department_code=state.department_code,
        roles=state.roles,
        is_active=state.is_active,
        suspension_reason=state.suspension_reason,
    )


@subscribers.on(OFFERER)
async def replicate_offerer(event: Event[Offerer], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session,
        OffererReplica,
        event,
        name=state.name,
        siren=state.siren,
        is_active=state.is_active,
        validation_status=state.validation_status,
    )


@subscribers.on(ATTACHMENT)
async def replicate_attachment(event: Event[Attachment], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session,
        AttachmentReplica,
        event,
        user_id=state.user_id,
        offerer_id=state.offerer_id,
        validation_status=state.validation_status,
    )


@subscribers.on(VENUE)
async def replicate_venue(event: Event[Venue], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session,
        VenueReplica,
        event,
        offerer_id=state.offerer_id,
        name=state.name,
        public_name=state.public_name,
        is_virtual=state.is_virtual,
        is_open_to_public=state.is_open_to_public,
        booking_email=state.booking_email,
        banner_url=state.banner_url,
        **_address_columns(state.address),
    )


@subscribers.on(OFFER)
async def replicate_offer(event: Event[Offer], session: AsyncSession) -> None:
    state = event.state
    subcategory = state.subcategory
    await upsert_replica(
        session,
        OfferReplica,
        event,
        venue_id=state.venue_id,
        offerer_id=state.offerer_id,
        name=state.name,
        product_id=state.product_id,
        ean=state.ean,
        url=state.url,
        image_url=state.image_url,
        is_duo=state.is_duo,
        validation=state.validation,
        publication_datetime=state.publication_datetime,
        booking_allowed_datetime=state.booking_allowed_datetime,
        withdrawal_type=state.withdrawal_type,
        withdrawal_delay=state.withdrawal_delay,
        withdrawal_details=state.withdrawal_details,
        booking_contact=state.booking_contact,
        booking_email=state.booking_email,
        provider_id=state.provider_id,
        subcategory_id=subcategory.id,
        category_id=subcategory.category_id,
        subcategory_label=subcategory.label,
        is_event=subcategory.is_event,
        is_online_only=subcategory.is_online_only,
        is_digital_deposit=subcategory.is_digital_deposit,
        is_physical_deposit=subcategory.is_physical_deposit,
        can_expire=subcategory.can_expire,
        is_bookable_by_underage_when_free=subcategory.is_bookable_by_underage_when_free,
        is_bookable_by_underage_when_not_free=subcategory.is_bookable_by_underage_when_not_free,
        **_address_columns(state.address),
    )


@subscribers.on(STOCK)
async def replicate_stock(event: Event[Stock], session: AsyncSession) -> None:
    state = event.state
    await upsert_replica(
        session,
        StockReplica,
        event,
        offer_id=state.offer_id,
        price_cents=state.price_cents,
        beginning_datetime=state.beginning_datetime,
        booking_limit_datetime=state.booking_limit_datetime,
        price_category_id=state.price_category_id,
        price_category_label=state.price_category_label,
        features=state.features,
        is_soft_deleted=state.is_soft_deleted,
        has_activation_codes=state.has_activation_codes,
        id_at_provider=state.id_at_provider,
    )
