"""A partner writes a new offer: a draft, until it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.kinds import Subcategory
from offers.categories.music import former_codes_of_gtl, gtl_of_former_codes
from offers.categories.tables import MUSIC_SUBCATEGORIES
from offers.offerers.access import check_access
from offers.offers import rules
from offers.offers.changes import tell
from offers.offers.models import ArtistOfferLink, Offer
from offers.offers.values import ArtistType, OfferValidation, WithdrawalType
from offers.products.models import Product
from offers.products.values import GcuCompatibility
from offers.venues.addresses import AddressGiven, get_or_create_address, offer_location, own_location
from offers.venues.models import OffererAddress, Venue
from offers.venues.queries import venue_or_404
from shared.clock import now
from shared.errors import field_error
from shared.identity import Principal

MAX_ARTISTS = 30


@dataclass(frozen=True)
class ArtistGiven:
    type: ArtistType
    artist_id: str | None
    custom_name: str | None


@dataclass(frozen=True)
class NewOffer:
    """What a partner says of an offer. `address` None means: at the venue."""

    name: str
    subcategory_id: str
    audio_disability_compliant: bool | None
    mental_disability_compliant: bool | None
    motor_disability_compliant: bool | None
    visual_disability_compliant: bool | None
    description: str | None = None
    duration_minutes: int | None = None
    extra_data: Mapping[str, Any] | None = None
    artists: Sequence[ArtistGiven] = ()
    product_id: int | None = None
    address: AddressGiven | None = None
    url: str | None = None
    booking_contact: str | None = None
    booking_email: str | None = None
    external_ticket_office_url: str | None = None
    is_national: bool = False
    withdrawal_delay: int | None = None
    withdrawal_details: str | None = None
    withdrawal_type: WithdrawalType | None = None
    id_at_provider: str | None = None
    accessibility: tuple[bool | None, ...] = field(init=False)

    def __post_init__(self) -> None:
        flags = (
            self.audio_disability_compliant,
            self.mental_disability_compliant,
            self.motor_disability_compliant,
            self.visual_disability_compliant,
        )
        object.__setattr__(self, "accessibility", flags)


def with_music_codes(extra_data: Mapping[str, Any] | None, subcategory: Subcategory) -> dict[str, Any]:
    """Both ways of naming a musical genre: the book trade's code and the former pair, each filled from the other."""
    given = dict(extra_data or {})
    if subcategory.id not in MUSIC_SUBCATEGORIES:
        return given
    gtl, music_type = given.get("gtl_id"), given.get("musicType")
    if gtl:
        codes = former_codes_of_gtl(str(gtl))
        if codes is not None:
            given["musicType"], given["musicSubType"] = (str(code) for code in codes)
    elif music_type and str(music_type).isdecimal():
        sub_type = str(given.get("musicSubType") or "")
        found = gtl_of_former_codes(int(music_type), int(sub_type) if sub_type.isdecimal() else None)
        if found is not None:
            given["gtl_id"] = found
    return given


async def product_or_error(session: AsyncSession, product_id: int) -> Product:
    """400 `global` for a product that is unknown or may not be offered."""
    product = await session.get(Product, product_id)
    if product is None:
        raise field_error("global", "Ce produit n’existe pas.")
    if product.gcu_compatibility_type is not GcuCompatibility.COMPATIBLE:
        raise field_error("global", "Ce produit ne peut être proposé sur le pass Culture.")
    return product


async def check_ean_is_free(session: AsyncSession, venue_id: int, ean: str | None, *, but: int | None = None) -> None:
    """400 `ean` when another active offer of the venue has it. The venue is locked: two at once see each other."""
    if not ean:
        return
    await session.execute(select(Venue.id).where(Venue.id == venue_id).with_for_update(key_share=True))
    statement = select(Offer.id).where(
        Offer.venue_id == venue_id, Offer.ean == ean, Offer.publication_datetime <= now()
    )
    if but is not None:
        statement = statement.where(Offer.id != but)
    if (await session.execute(statement.limit(1))).scalar_one_or_none() is not None:
        raise field_error("ean", "Une offre avec cet EAN existe déjà. Vous pouvez la retrouver dans l’onglet Offres.")


async def place_of(
    session: AsyncSession, venue: Venue, subcategory: Subcategory, address: AddressGiven | None, *, own: bool
) -> OffererAddress | None:
    """Where the offer takes place: the address given, else (with `own`) its venue; nowhere for what is online only."""
    if subcategory.is_online_only:
        return None
    if address is None:
        return await own_location(session, venue) if own else None
    found = await get_or_create_address(session, address)
    return await offer_location(
        session, offerer_id=venue.managing_offerer_id, address_id=found.id, label=address.label or None
    )


def replace_artists(session: AsyncSession, offer_id: int, artists: Sequence[ArtistGiven]) -> None:
    """Name the artists of an offer; 400 `artistOfferLinks` when one has no name or appears twice.

    No catalogue of artists exists here yet, so an artist is known by the name that the partner wrote.
    """
    if len(artists) > MAX_ARTISTS:
        raise field_error("artistOfferLinks", f"Une offre nomme au plus {MAX_ARTISTS} artistes.")
    seen: set[tuple[ArtistType, str]] = set()
    for artist in artists:
        name = (artist.custom_name or "").strip()
        if not name:
            raise field_error("artistOfferLinks", "Chaque artiste doit avoir un nom.")
        if len(name) > 140:
            raise field_error("artistOfferLinks", "Le nom d’un artiste doit faire au plus 140 caractères.")
        if (artist.type, name.casefold()) in seen:
            raise field_error("artistOfferLinks", "Un artiste ne peut être nommé deux fois au même titre.")
        seen.add((artist.type, name.casefold()))
        session.add(ArtistOfferLink(offer_id=offer_id, artist_type=artist.type, custom_name=name))


async def create_offer(session: AsyncSession, user: Principal, venue_id: int, new: NewOffer) -> Offer:
    """A new draft of the venue. Emits `offer.created`.

    404 `global` for an unknown venue, 403 without access, 400 by field as the offers rules say.
    """
    venue = await venue_or_404(session, venue_id)
    await check_access(session, user, venue.managing_offerer_id)
    subcategory = rules.known_subcategory(new.subcategory_id)
    extra_data, ean = rules.own_extra_data(with_music_codes(new.extra_data, subcategory), subcategory)
    product = await product_or_error(session, new.product_id) if new.product_id is not None else None
    if product is None and rules.needs_known_product(subcategory, venue.venue_type_code):
        raise field_error("ean", "Cet EAN n’est pas celui d’un produit connu.")
    if product is not None:
        # What the product says is read through it; the offer keeps its own words for nothing.
        ean, extra_data = product.ean, {}
    rules.check_accessibility(new.accessibility)
    if product is None:
        rules.check_extra_data(extra_data, ean, subcategory)
        rules.check_duration(new.duration_minutes)
    await check_ean_is_free(session, venue.id, ean)
    rules.check_name(new.name)
    if new.withdrawal_type is WithdrawalType.IN_APP:
        raise field_error("withdrawalType", "Le billet dans l’application est réservé aux logiciels de billetterie.")
    location = await place_of(session, venue, subcategory, new.address, own=not new.url)
    offer = Offer(
        name=new.name,
        own_description=None if product else new.description,
        own_duration_minutes=None if product else new.duration_minutes,
        own_extra_data=extra_data or None,
        ean=ean,
        subcategory_id=subcategory.id,
        product_id=product.id if product else None,
        venue_id=venue.id,
        offerer_address_id=location.id if location is not None else None,
        url=new.url,
        external_ticket_office_url=new.external_ticket_office_url,
        booking_email=new.booking_email,
        booking_contact=new.booking_contact,
        is_duo=subcategory.is_event and subcategory.can_be_duo,
        is_national=bool(new.is_national or new.url),
        withdrawal_type=new.withdrawal_type,
        withdrawal_delay=new.withdrawal_delay,
        withdrawal_details=new.withdrawal_details or venue.withdrawal_details,
        audio_disability_compliant=new.audio_disability_compliant,
        mental_disability_compliant=new.mental_disability_compliant,
        motor_disability_compliant=new.motor_disability_compliant,
        visual_disability_compliant=new.visual_disability_compliant,
        validation=OfferValidation.DRAFT,
        publication_datetime=None,
    )
    session.add(offer)
    await session.flush()
    replace_artists(session, offer.id, new.artists)
    return await tell(session, offer.id, "created")
