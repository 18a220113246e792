"""What other contexts are told of offers."""

from __future__ import annotations

from offers.categories.sharing import subcategory_facts
from offers.images.urls import thumb_url
from offers.offers.models import Offer
from offers.venues.facts import address_part
from shared.events import offers as facts


def offer_state(offer: Offer) -> facts.Offer:
    """The public state of an offer loaded with its venue, location, product and images."""
    return facts.Offer(
        id=offer.id,
        venue_id=offer.venue_id,
        offerer_id=offer.venue.managing_offerer_id,
        name=offer.name,
        description=offer.description,
        subcategory=subcategory_facts(offer.subcategory_id),
        product_id=offer.product_id,
        ean=offer.ean,
        url=offer.url,
        image_url=thumb_url(offer.mediations, offer.product.product_mediations if offer.product else []),
        is_duo=offer.is_duo,
        validation=offer.validation.value,
        publication_datetime=offer.publication_datetime,
        booking_allowed_datetime=offer.booking_allowed_datetime,
        withdrawal_type=offer.withdrawal_type.value if offer.withdrawal_type else None,
        withdrawal_delay=offer.withdrawal_delay,
        withdrawal_details=offer.withdrawal_details,
        booking_contact=offer.booking_contact,
        booking_email=offer.booking_email,
        address=address_part(offer.offerer_address),
        provider_id=offer.last_provider_id,
    )
