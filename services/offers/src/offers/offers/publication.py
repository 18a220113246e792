"""Offers go public, are withdrawn, are refused; drafts are thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.favorites.models import Favorite
from offers.offerers.access import accessible_offerer_ids
from offers.offers import rules
from offers.offers.changes import tell
from offers.offers.creation import check_ean_is_free
from offers.offers.edition import has_ticketing_service
from offers.offers.facts import offer_state
from offers.offers.models import ConfidenceRule, Offer, OfferFlag, OfferValidationRule
from offers.offers.queries import offer_or_404, whole_offer
from offers.offers.validation import Rule, Subject, decide
from offers.offers.values import ConfidenceLevel, LastValidationType, OfferValidation
from offers.providers.models import VenueProvider
from offers.search.actions import index_offer
from offers.stocks import rules as stock_rules
from offers.venues.models import Venue
from shared.clock import now
from shared.database import emit
from shared.errors import ApiError, not_found
from shared.events.offers import OFFER
from shared.identity import Principal

PUBLIC_API_CLASS = "PCAPIStocks"


async def publish_offer(
    session: AsyncSession,
    user: Principal,
    offer_id: int,
    *,
    publication_datetime: datetime | None = None,
    booking_allowed_datetime: datetime | None = None,
) -> Offer:
    """Put an offer before the public, now or at a date, after the platform's own look at it. Emits `offer.published`.

    404 `offer`, 403, 400 `offer` without a bookable stock, `ean`, `publication_date`; what is incoherent in a draft
    (access, withdrawal) is refused here, where it would show.
    """
    offer = await offer_or_404(
        session, user, offer_id, lock=True, missing=not_found("offer", "Cette offre n’existe pas.")
    )
    moment = now()
    rules.check_not_rejected(offer.validation)
    if not stock_rules.any_bookable(offer.stocks, moment):
        raise ApiError(400, {"offer": "Cette offre n’a pas de stock réservable."})
    subcategory = SUBCATEGORIES[offer.subcategory_id]
    rules.check_access(subcategory, offer.url, offer.offerer_address_id is not None)
    if offer.withdrawal_type is not None or subcategory.can_be_withdrawable:
        rules.check_withdrawal(
            subcategory,
            offer.withdrawal_type,
            offer.withdrawal_delay,
            offer.booking_contact,
            has_ticketing_service=await has_ticketing_service(session, offer),
        )
    await check_ean_is_free(session, offer.venue_id, offer.ean, but=offer.id)
    if publication_datetime is not None:
        publication_datetime = rules.without_seconds(publication_datetime)
        rules.check_publication_datetime(publication_datetime, moment)
    await _look_at(session, offer)
    offer.booking_allowed_datetime = booking_allowed_datetime
    offer.publication_datetime = publication_datetime or moment
    offer.finalization_datetime = offer.finalization_datetime or moment
    offer.author_id = user.id
    if not subcategory.is_event and offer.validation is OfferValidation.APPROVED:
        prices = [stock.price_cents for stock in offer.stocks if not stock.is_soft_deleted]
        offer.last_validation_price_cents = max(prices, default=None)
    return await tell(session, offer.id, "published")


async def _look_at(session: AsyncSession, offer: Offer) -> None:
    """Decide by the partner's standing and the active rules whether the offer waits for a review."""
    offerer_id = offer.venue.managing_offerer_id
    standing = (
        await session.execute(
            select(ConfidenceRule.confidence_level)
            .where(or_(ConfidenceRule.offerer_id == offerer_id, ConfidenceRule.venue_id == offer.venue_id))
            # The offerer's standing wins over its venue's.
            .order_by(ConfidenceRule.offerer_id.is_(None))
            .limit(1)
        )
    ).scalar_one_or_none()
    stored = await session.execute(
        select(OfferValidationRule.id, OfferValidationRule.sub_rules)
        .where(OfferValidationRule.is_active)
        .order_by(OfferValidationRule.id)
    )
    decision, flagged = decide(
        ConfidenceLevel(standing) if standing is not None else None,
        [Rule(row.id, row.sub_rules) for row in stored],
        _subject(offer),
    )
    offer.validation = decision
    offer.last_validation_date = now()
    offer.last_validation_type = LastValidationType.AUTO
    offer.last_validation_author_user_id = None
    await session.execute(delete(OfferFlag).where(OfferFlag.offer_id == offer.id))
    session.add_all(OfferFlag(offer_id=offer.id, rule_id=rule_id) for rule_id in flagged)


def _subject(offer: Offer) -> Subject:
    stocks = [stock for stock in offer.stocks if not stock.is_soft_deleted]
    prices = [stock.price_cents / 100 for stock in stocks]
    extra_data = offer.extra_data
    text = " ".join(part for part in (offer.name, offer.description) if part)
    return Subject(
        offer={
            "id": offer.id,
            "name": offer.name,
            "description": offer.description,
            "visibleText": text,
            "categoryId": SUBCATEGORIES[offer.subcategory_id].category_id,
            "subcategoryId": offer.subcategory_id,
            "withdrawalDetails": offer.withdrawal_details,
            "max_price": max(prices, default=0),
            "showSubType": extra_data.get("showSubType"),
            "extraData.author": extra_data.get("author"),
            "extraData.editeur": extra_data.get("editeur"),
        },
        venue={"id": offer.venue_id, "name": offer.venue.name},
        offerer={"id": offer.venue.managing_offerer_id, "name": offer.venue.managing_offerer.name},
        stocks=[{"id": stock.id, "price": price} for stock, price in zip(stocks, prices, strict=True)],
    )


async def set_active(session: AsyncSession, user: Principal, offer_ids: Sequence[int], *, is_active: bool) -> None:
    """Show or hide approved offers of the caller's offerers; others are left as they are, silently.

    Emits `offer.published` or `offer.unpublished` for each that changed. A provider's offer whose link to its venue is
    inactive is not shown again.
    """
    mine = await accessible_offerer_ids(session, user)
    found = await session.execute(
        select(Offer.id)
        .join(Venue, Venue.id == Offer.venue_id)
        .where(
            Offer.id.in_(sorted(set(offer_ids))),
            Offer.validation == OfferValidation.APPROVED,
            Venue.managing_offerer_id.in_(mine),
        )
        .order_by(Offer.id)
        .with_for_update(of=Offer, key_share=True)
    )
    moment = now()
    for offer_id in found.scalars().all():
        offer = await whole_offer(session, offer_id)
        if not is_active and offer.publication_datetime is not None:
            offer.publication_datetime = None
            await tell(session, offer_id, "unpublished")
        elif is_active and not rules.is_released(offer.validation, offer.publication_datetime, moment):
            if not await _may_be_shown(session, offer):
                continue
            offer.publication_datetime = moment
            offer.finalization_datetime = offer.finalization_datetime or moment
            await tell(session, offer_id, "published")


async def _may_be_shown(session: AsyncSession, offer: Offer) -> bool:
    provider = offer.last_provider
    linked = False
    if provider is not None:
        found = await session.execute(
            select(VenueProvider.id)
            .where(
                VenueProvider.venue_id == offer.venue_id,
                VenueProvider.provider_id == provider.id,
                VenueProvider.is_active,
            )
            .limit(1)
        )
        linked = found.scalar_one_or_none() is not None
    return rules.is_activable(
        has_active_provider_link=linked,
        is_manual=provider is None,
        is_public_api=provider is not None and provider.local_class == PUBLIC_API_CLASS,
    )


async def reject_offer(session: AsyncSession, offer_id: int, *, author_id: int | None = None) -> None:
    """The platform refuses an offer. Emits `offer.rejected`, on which `bookings` cancels; favourites of it go."""
    await session.execute(select(Offer.id).where(Offer.id == offer_id).with_for_update(key_share=True))
    offer = await whole_offer(session, offer_id)
    if offer.validation is OfferValidation.REJECTED:
        return
    offer.validation = OfferValidation.REJECTED
    offer.publication_datetime = None
    offer.last_validation_date = now()
    offer.last_validation_type = LastValidationType.MANUAL
    offer.last_validation_author_user_id = author_id
    await session.execute(delete(Favorite).where(Favorite.offer_id == offer_id))
    await tell(session, offer_id, "rejected")


async def approve_offer(session: AsyncSession, offer_id: int, *, author_id: int | None = None) -> None:
    """The platform accepts an offer that waited. Emits `offer.published`; it shows now, unless scheduled later."""
    await session.execute(select(Offer.id).where(Offer.id == offer_id).with_for_update(key_share=True))
    offer = await whole_offer(session, offer_id)
    if offer.validation is OfferValidation.APPROVED:
        return
    moment = now()
    offer.validation = OfferValidation.APPROVED
    if offer.publication_datetime is None or offer.publication_datetime <= moment:
        offer.publication_datetime = moment
    offer.last_validation_date = moment
    offer.last_validation_type = LastValidationType.MANUAL
    offer.last_validation_author_user_id = author_id
    await tell(session, offer_id, "published")


async def delete_drafts(session: AsyncSession, user: Principal, offer_ids: Sequence[int]) -> None:
    """Throw drafts of the caller's offerers away, with all that is theirs; other ids are ignored.

    Emits `offer.deleted`. 404 `global` when no id is given.
    """
    if not offer_ids:
        raise not_found("global", "Aucun brouillon à supprimer.")
    mine = await accessible_offerer_ids(session, user)
    found = await session.execute(
        select(Offer.id)
        .join(Venue, Venue.id == Offer.venue_id)
        .where(
            Offer.id.in_(sorted(set(offer_ids))),
            Offer.validation == OfferValidation.DRAFT,
            Venue.managing_offerer_id.in_(mine),
        )
        .order_by(Offer.id)
        .with_for_update(of=Offer)
    )
    for offer_id in found.scalars().all():
        offer = await whole_offer(session, offer_id)
        await emit(session, OFFER, "deleted", offer_state(offer))
        await session.execute(delete(Offer).where(Offer.id == offer_id))
        await index_offer(session, offer_id)
