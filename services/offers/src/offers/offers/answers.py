"""Shapes offers for the portal. Each takes an offer loaded with all its parts and the moment of the answer."""

from __future__ import annotations

from datetime import datetime

from offers.categories.tables import SUBCATEGORIES
from offers.images.urls import active_mediation, mediation_url, thumb_url
from offers.offers import rules
from offers.offers.models import Offer
from offers.offers.schemas import (
    ActiveMediation,
    ArtistLinkResponse,
    IndividualOffer,
    IndividualOfferWithAddress,
    LastProvider,
    OffererOfVenue,
    OfferListItem,
    OfferListVenue,
    OfferStockItem,
    OfferVenue,
    PriceCategoryResponse,
    VideoData,
)
from offers.offers.values import OfferStatus
from offers.stocks import rules as stock_rules
from offers.stocks.models import Stock
from offers.venues.locations import offer_location_answer
from shared.money import to_euros

ALLOCINE = "AllocineStocks"


def status_of(offer: Offer, now: datetime) -> OfferStatus:
    return rules.status(offer.validation, offer.publication_datetime, offer.booking_allowed_datetime, offer.stocks, now)


def kept_stocks(offer: Offer) -> list[Stock]:
    return [stock for stock in offer.stocks if not stock.is_soft_deleted]


def bookings_count(offer: Offer) -> int:
    """How many seats of the offer are booked, as `bookings` last said."""
    return sum(stock.booked_quantity for stock in offer.stocks)


def is_editable(offer: Offer) -> bool:
    """A provider's offer is edited by its provider, but for those that come from Allociné."""
    return offer.last_provider is None or offer.last_provider.local_class == ALLOCINE


def is_headline(offer: Offer, now: datetime) -> bool:
    """Whether the offer is put forward now: a running headline, an active offer, an image."""
    running = any(now in headline.timespan for headline in offer.headline_offers)
    return running and status_of(offer, now) is OfferStatus.ACTIVE and offer_thumb(offer) is not None


def offer_thumb(offer: Offer) -> str | None:
    return thumb_url(offer.mediations, offer.product.product_mediations if offer.product else [])


def list_item(offer: Offer, now: datetime) -> OfferListItem:
    subcategory = SUBCATEGORIES[offer.subcategory_id]
    venue, own = offer.venue, offer.venue.offerer_address
    stocks = kept_stocks(offer)
    return OfferListItem(
        id=offer.id,
        name=offer.name,
        status=status_of(offer, now),
        subcategory_id=offer.subcategory_id,
        is_active=rules.is_released(offer.validation, offer.publication_datetime, now),
        is_editable=is_editable(offer),
        is_event=subcategory.is_event,
        can_be_event=subcategory.is_event,
        is_thing=not subcategory.is_event,
        is_educational=False,
        highlight_requests=[],
        is_digital=bool(offer.url) or subcategory.is_online_only,
        is_headline_offer=is_headline(offer, now),
        has_booking_limit_datetimes_passed=stock_rules.all_limits_passed(stocks, now),
        bookings_count=bookings_count(offer),
        product_id=offer.product_id,
        product_isbn=offer.ean,
        thumb_url=offer_thumb(offer),
        publication_datetime=offer.publication_datetime,
        booking_allowed_datetime=offer.booking_allowed_datetime,
        location=offer_location_answer(offer.offerer_address, venue),
        venue=OfferListVenue(
            id=venue.id,
            name=venue.name,
            public_name=venue.public_name,
            is_virtual=venue.is_virtual,
            offerer_name=venue.managing_offerer.name,
            departement_code=own.address.department_code if own is not None else None,
        ),
        stocks=[
            OfferStockItem(
                id=stock.id,
                beginning_datetime=stock.beginning_datetime,
                booking_quantity=stock.booked_quantity,
                remaining_quantity=remaining_or_unlimited(stock),
                has_booking_limit_datetime_passed=stock_rules.has_limit_passed(stock, now),
            )
            for stock in stocks
        ],
    )


def remaining_or_unlimited(stock: Stock) -> int | str:
    left = stock_rules.remaining(stock)
    return "unlimited" if left is None else left


def _venue(offer: Offer) -> OfferVenue:
    venue = offer.venue
    address = venue.offerer_address.address if venue.offerer_address is not None else None
    return OfferVenue(
        id=venue.id,
        name=venue.name,
        public_name=venue.public_name,
        street=address.street if address else None,
        postal_code=address.postal_code if address else None,
        city=address.city if address else None,
        departement_code=address.department_code if address else None,
        booking_email=venue.booking_email,
        is_virtual=venue.is_virtual,
        managing_offerer=OffererOfVenue(id=venue.managing_offerer.id, name=venue.managing_offerer.name),
        audio_disability_compliant=venue.audio_disability_compliant,
        mental_disability_compliant=venue.mental_disability_compliant,
        motor_disability_compliant=venue.motor_disability_compliant,
        visual_disability_compliant=venue.visual_disability_compliant,
    )


def _video(offer: Offer) -> VideoData:
    video = offer.meta_data
    if video is None:
        return VideoData()
    return VideoData.model_validate(
        {
            "videoDuration": video.video_duration,
            "videoExternalId": video.video_external_id,
            "videoThumbnailUrl": video.video_thumbnail_url,
            "videoTitle": video.video_title,
            "videoUrl": video.video_url,
        }
    )


def offer_answer(offer: Offer, now: datetime) -> IndividualOffer:
    return IndividualOffer.model_validate(_values(offer, now))


def offer_answer_with_address(offer: Offer, now: datetime) -> IndividualOfferWithAddress:
    return IndividualOfferWithAddress.model_validate(
        {
            **_values(offer, now),
            "location": offer_location_answer(offer.offerer_address, offer.venue),
            # What is still to be used is booked on stocks that are undated or to come.
            "has_pending_bookings": any(
                stock.booked_quantity > 0 and not stock_rules.has_begun(stock, now) for stock in offer.stocks
            ),
            "is_headline_offer": is_headline(offer, now),
        }
    )


def _values(offer: Offer, now: datetime) -> dict[str, object]:
    subcategory = SUBCATEGORIES[offer.subcategory_id]
    stocks = kept_stocks(offer)
    mediation = active_mediation(offer.mediations)
    extra_data = {**offer.extra_data, **({"ean": offer.ean} if offer.ean else {})}
    return {
        "id": offer.id,
        "name": offer.name,
        "description": offer.description,
        "subcategory_id": offer.subcategory_id,
        "product_id": offer.product_id,
        "status": status_of(offer, now),
        "is_active": rules.is_released(offer.validation, offer.publication_datetime, now),
        "is_editable": is_editable(offer),
        "is_event": subcategory.is_event,
        "can_be_event": subcategory.is_event,
        "is_thing": not subcategory.is_event,
        "is_digital": bool(offer.url) or subcategory.is_online_only,
        "is_duo": offer.is_duo,
        "is_national": offer.is_national,
        "is_non_free_offer": any(stock.price_cents > 0 for stock in stocks),
        "has_stocks": bool(stocks),
        "has_booking_limit_datetimes_passed": stock_rules.all_limits_passed(stocks, now),
        "bookings_count": bookings_count(offer),
        "date_created": offer.date_created,
        "publication_date": offer.publication_datetime,
        "publication_datetime": offer.publication_datetime,
        "booking_allowed_datetime": offer.booking_allowed_datetime,
        "duration_minutes": offer.duration_minutes,
        "extra_data": extra_data or None,
        "url": offer.url,
        "external_ticket_office_url": offer.external_ticket_office_url,
        "booking_contact": offer.booking_contact,
        "booking_email": offer.booking_email,
        "withdrawal_type": offer.withdrawal_type,
        "withdrawal_delay": offer.withdrawal_delay,
        "withdrawal_details": offer.withdrawal_details,
        "audio_disability_compliant": offer.audio_disability_compliant,
        "mental_disability_compliant": offer.mental_disability_compliant,
        "motor_disability_compliant": offer.motor_disability_compliant,
        "visual_disability_compliant": offer.visual_disability_compliant,
        "active_mediation": ActiveMediation(
            author_id=str(mediation.author_id) if mediation.author_id is not None else None,
            credit=mediation.credit,
            thumb_url=mediation_url(mediation),
        )
        if mediation is not None
        else None,
        "thumb_url": offer_thumb(offer),
        "last_provider": LastProvider(name=offer.last_provider.name) if offer.last_provider else None,
        "price_categories": [
            PriceCategoryResponse(id=item.id, label=item.label, price=float(to_euros(item.price_cents)))
            for item in offer.price_categories
        ],
        "artist_offer_links": [
            ArtistLinkResponse(
                artist_id=link.artist_id, artist_name=link.custom_name or "", artist_type=link.artist_type
            )
            for link in offer.artist_offer_links
        ],
        "video_data": _video(offer),
        # Highlights of the platform are not kept yet: no offer asks to be in one.
        "highlight_requests": [],
        "venue": _venue(offer),
    }
