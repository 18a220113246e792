"""A venue with its offers, a young person's lists, a provider; and those who have nothing to do with them."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from PIL import Image

from offers.factories import (
    AddressFactory,
    AttachmentFactory,
    LocationFactory,
    OffererFactory,
    OfferFactory,
    PriceCategoryFactory,
    PriceCategoryLabelFactory,
    ProductFactory,
    ProviderFactory,
    StockFactory,
    UserReplicaFactory,
    VenueFactory,
)
from offers.favorites.models import Favorite
from offers.images.models import Mediation
from offers.offerers.values import ValidationStatus
from offers.offers.values import OfferValidation
from offers.providers.models import OffererProvider, VenueProvider
from offers.providers.tokens import create_api_key
from offers.reactions.models import BookingReplica
from offers.reminders.models import OfferReminder
from offers.venues.values import LocationType
from shared.clock import now
from tests.fuzz.examples import Operation
from tests.fuzz.worlds import Makers, World

CONTROLS: dict[str, int] = {
    "getNativeV1MovieCalendarMe": 404,  # no such film
    "GetOffererHeadlineOffer": 404,  # no offer is put forward
}
ACCESSIBLE = {f"{kind}DisabilityCompliant": False for kind in ("audio", "mental", "motor", "visual")}


def portrait() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (400, 600), "navy").save(content, "PNG")
    return content.getvalue()


async def make(makers: Makers, operation: Operation | None) -> World:
    session, tokens, first = makers.session, makers.tokens, 100 * makers.number
    wanted = operation.id if operation else ""

    async def add(row: Any) -> Any:
        session.add(row)
        await session.flush()
        return row

    owner, stranger, waiting, gone, person, other, closed = (10_000_000 + first + n for n in range(7))
    offerer = await OffererFactory.create(session, name=f"Structure du titulaire {first}")
    elsewhere = await OffererFactory.create(session)
    for user_id, where, status in (
        (owner, offerer, ValidationStatus.VALIDATED),
        (stranger, elsewhere, ValidationStatus.VALIDATED),
        (waiting, offerer, ValidationStatus.NEW),
        (gone, offerer, ValidationStatus.VALIDATED),
    ):
        await UserReplicaFactory.create(
            session, id=user_id, email=f"pro{user_id}@example.com", is_active=user_id != gone
        )
        await AttachmentFactory.create(session, user_id=user_id, offerer=where, validation_status=status)
    await UserReplicaFactory.create(session, id=closed, email=f"jeune{closed}@example.com", is_active=False)

    venue = await VenueFactory.create(session, managing_offerer=offerer, name=f"Lieu du titulaire {first}")
    address = await AddressFactory.create(session)
    location = await LocationFactory.create(
        session, address=address, offerer_id=offerer.id, venue_id=venue.id, type=LocationType.VENUE_LOCATION
    )
    product = await ProductFactory.create(session)
    unsold = await ProductFactory.create(session)
    is_draft = wanted in ("DeleteDraftOffers", "PatchPublishOffer", "ReplaceOfferPriceCategories")
    is_event = wanted in (
        "BulkCreateEventStocks",
        "BulkUpdateEventStocks",
        "ReplaceOfferPriceCategories",
        "DeleteStocks",
        "UpsertOfferOpeningHours",
    )
    offer = await OfferFactory.create(
        session,
        venue=venue,
        name=f"Offre du titulaire {first}",
        subcategory_id="CONFERENCE" if is_event else "MATERIEL_ART_CREATIF",
        validation=OfferValidation.DRAFT if is_draft else OfferValidation.APPROVED,
        publication_datetime=None if is_draft else now(),
        offerer_address_id=location.id,
    )
    book = await OfferFactory.create(session, venue=venue, product_id=product.id, ean=product.ean, name=product.name)
    label = await PriceCategoryLabelFactory.create(session, venue_id=venue.id)
    price = await PriceCategoryFactory.create(session, offer_id=offer.id, price_category_label_id=label.id)
    moment = now() + timedelta(days=20)
    stock = await StockFactory.create(
        session,
        offer_id=offer.id,
        **(
            {"price_category_id": price.id, "beginning_datetime": moment, "booking_limit_datetime": moment}
            if is_event
            else {}
        ),
    )
    await add(Mediation(offer_id=offer.id, thumb_count=1, is_active=True))
    favorite = await add(Favorite(user_id=person, offer_id=book.id))
    reminder = await add(OfferReminder(user_id=person, offer_id=book.id))
    for user_id in (person, other):
        await add(
            BookingReplica(
                id=first + user_id,
                version=1,
                user_id=user_id,
                offer_id=offer.id,
                product_id=None,
                subcategory_id="SEANCE_CINE",
                status="USED",
                date_created=now(),
                date_used=now(),
            )
        )

    provider = await ProviderFactory.create(session, name=f"Logiciel du titulaire {first}")
    rival = await ProviderFactory.create(session)
    await add(OffererProvider(offerer_id=offerer.id, provider_id=provider.id))
    await add(VenueProvider(venue_id=venue.id, provider_id=provider.id, is_active=True))
    key = await create_api_key(session, provider, "test")
    date = (moment + timedelta(days=1)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return World(
        callers={
            "native": {
                "owner": tokens.native(person),
                "other": tokens.native(other),
                "suspended": tokens.native(closed),
            },
            "pro": {
                "owner": tokens.pro(owner),
                "other": tokens.pro(stranger),
                "unvalidated": tokens.pro(waiting),
                "suspended": tokens.pro(gone),
            },
            "internal": {"owner": tokens.native(person)},
            "public": {"owner": tokens.provider(provider.id), "other": tokens.provider(rival.id)},
        },
        values={
            "offer_id": offer.id,
            "offerId": offer.id,
            "offer_ids": [offer.id],
            "ids": [offer.id],
            "ids_to_delete": [stock.id],
            "venue_id": venue.id,
            "venueId": venue.id,
            "offerer_id": offerer.id,
            "offererId": offerer.id,
            "siret": venue.siret,
            "siren": offerer.siren,
            "ean": product.ean,
            "favorite_id": favorite.id,
            "reminder_id": reminder.id,
            "artist_id": "1",
            "priceCategoryId": price.id,
            "price": 12.5,
            "subcategoryId": "CONFERENCE",
            "reactions": [{"offerId": offer.id, "reactionType": "LIKE"}],
            "latitude": 48.85,
            "longitude": 2.35,
            "allocineId": "42",
            "key": key,
            "name": "image",
            "folder": "mediations",
            "videoUrl": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
            "search": "x",
        },
        special={
            "PatchPublishOffer": {"id": offer.id},
            "GetProductByEan": {"ean": unsold.ean},
            "PostOffer": {"name": "Une offre", **ACCESSIBLE},
            "CreateOffer": {"name": "Une offre", **ACCESSIBLE},
            "PatchOffer": {"name": "Un nom", "subcategoryId": "MATERIEL_ART_CREATIF"},
            "CreateThumbnail": {
                "thumb": portrait(),
                "croppingRectX": 0,
                "croppingRectY": 0,
                "croppingRectHeight": 1,
                "croppingRectWidth": 1,
            },
            "UpsertOfferStocks": {"stocks": [{"offerId": offer.id, "price": 10, "quantity": 5}]},
            "BulkCreateEventStocks": {
                "stocks": [{"beginningDatetime": date, "priceCategoryId": price.id, "quantity": 5}]
            },
            "BulkUpdateEventStocks": {
                "stocks": [{"id": stock.id, "beginningDatetime": date, "priceCategoryId": price.id, "quantity": 5}]
            },
            "ReplaceOfferPriceCategories": {"priceCategories": [{"label": "Plein", "price": 12.5}]},
            "UpsertOfferOpeningHours": {"openingHours": {"MONDAY": [["09:00", "18:00"]]}},
            "postNativeV1MeFavorites": {"offerId": offer.id},
            "getNativeV1SearchOffers": {"radius": 10},
        },
        marks=(offer.name, venue.name, offerer.name, provider.name),
        kept={
            "offer": [offer.id, book.id],
            "stock": [stock.id],
            "venue": [venue.id],
            "offerer": [offerer.id],
            "favorite": [favorite.id],
            "offer_reminder": [reminder.id],
        },
    )
