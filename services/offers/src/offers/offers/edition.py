"""A partner changes an offer: only what is sent changes, and only what may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.offers import rules
from offers.offers.answers import ALLOCINE
from offers.offers.changes import tell
from offers.offers.creation import (
    ArtistGiven,
    check_ean_is_free,
    place_of,
    replace_artists,
    with_music_codes,
)
from offers.offers.models import ArtistOfferLink, Offer, OfferMetaData
from offers.offers.queries import offer_or_404
from offers.offers.values import OfferValidation
from offers.offers.videos import thumbnail_url, video_id
from offers.providers.models import OffererProvider, VenueProvider
from offers.venues.addresses import AddressGiven
from shared.clock import now
from shared.errors import ApiError, field_error
from shared.identity import Principal

_ACCESSIBILITY = (
    "audio_disability_compliant",
    "mental_disability_compliant",
    "motor_disability_compliant",
    "visual_disability_compliant",
)
# What holders of bookings are told of when the partner asks for it.
_TERMS = frozenset({"withdrawal_type", "withdrawal_delay", "withdrawal_details", "offerer_address_id"})
_WITHDRAWAL = frozenset({"withdrawal_type", "withdrawal_delay", "withdrawal_details", "booking_contact"})
_PLAIN = (
    *_ACCESSIBILITY,
    "name",
    "is_duo",
    "is_national",
    "booking_contact",
    "booking_email",
    "external_ticket_office_url",
    "url",
    "withdrawal_type",
    "withdrawal_delay",
    "withdrawal_details",
    "booking_allowed_datetime",
    "publication_datetime",
)
AT_THE_VENUE = "venue"
PUBLISH_NOW = "now"


async def update_offer(
    session: AsyncSession,
    user: Principal,
    offer_id: int,
    sent: Mapping[str, Any],
    *,
    location: AddressGiven | str | None = None,
    artists: Sequence[ArtistGiven] | None = None,
    tell_holders: bool = False,
) -> Offer:
    """Change an offer; `sent` maps field names to values, `location` is an address or `AT_THE_VENUE`, and the
    publication date may be `PUBLISH_NOW`.

    Emits `offer.updated` when anything changed, and `offer.withdrawal_changed` when the partner wants holders told of
    another way or place to get what they booked. 404, 403, 400 by field as the offers rules say; nothing changes then.
    """
    offer = await offer_or_404(session, user, offer_id, lock=True)
    rules.check_not_rejected(offer.validation)
    # An empty yes-or-no says nothing.
    sent = {name: value for name, value in sent.items() if value is not None or name not in ("is_duo", "is_national")}
    if sent.get("publication_datetime") == PUBLISH_NOW:
        sent = {**sent, "publication_datetime": now()}
    else:
        rules.check_publication_datetime(sent.get("publication_datetime"), now())
    subcategory = _subcategory(offer, sent)
    changes = {name: sent[name] for name in _PLAIN if name in sent and sent[name] != getattr(offer, name)}
    if subcategory.id != offer.subcategory_id:
        changes["subcategory_id"] = subcategory.id
    changes |= _words(offer, sent)
    changes |= _extra_data(offer, sent, subcategory)
    if location is not None:
        given = None if isinstance(location, str) else location
        place = await place_of(session, offer.venue, subcategory, given, own=True)
        place_id = place.id if place is not None else None
        if place_id != offer.offerer_address_id:
            changes["offerer_address_id"] = place_id
    _check_provider(offer, changes, await _is_public_api(session, offer))
    await _check(session, offer, changes, subcategory)
    changed = bool(changes)
    for name, value in changes.items():
        setattr(offer, name, value)
    if offer.url and not offer.is_national:
        offer.is_national = True
    if "video_url" in sent:
        changed |= await _set_video(session, offer, sent["video_url"])
    if artists is not None:
        await session.execute(delete(ArtistOfferLink).where(ArtistOfferLink.offer_id == offer.id))
        replace_artists(session, offer.id, artists)
        changed = True
    if not changed:
        return offer
    if offer.last_provider is not None and offer.last_provider.local_class == ALLOCINE:
        offer.fields_updated = sorted({*offer.fields_updated, *changes})
    offer = await tell(session, offer.id, "updated")
    if tell_holders and changes.keys() & _TERMS:
        offer = await tell(session, offer.id, "withdrawal_changed")
    return offer


def _subcategory(offer: Offer, sent: Mapping[str, Any]) -> Any:
    wanted = sent.get("subcategory_id")
    if wanted is None or wanted == offer.subcategory_id:
        return SUBCATEGORIES[offer.subcategory_id]
    if offer.validation is not OfferValidation.DRAFT:
        raise field_error("UnallowedUpdate", "La sous-catégorie ne peut être modifiée que sur un brouillon.")
    return rules.known_subcategory(wanted)


def _words(offer: Offer, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Description and duration, unless the product speaks for the offer."""
    changes: dict[str, Any] = {}
    if offer.product_id is not None:
        return changes
    if "description" in sent and sent["description"] != offer.own_description:
        changes["own_description"] = sent["description"]
    if "duration_minutes" in sent and sent["duration_minutes"] != offer.own_duration_minutes:
        rules.check_duration(sent["duration_minutes"])
        changes["own_duration_minutes"] = sent["duration_minutes"]
    return changes


def _extra_data(offer: Offer, sent: Mapping[str, Any], subcategory: Any) -> dict[str, Any]:
    if "extra_data" not in sent:
        return {}
    given = sent["extra_data"]
    if given is not None and not isinstance(given, dict):
        raise field_error("extraData", "Un objet est attendu")
    extra_data, ean = rules.own_extra_data(with_music_codes(given, subcategory), subcategory)
    if offer.product_id is not None:
        known = {key: value for key, value in offer.extra_data.items() if key in subcategory.field_names}
        if (ean is not None and ean != offer.ean) or any(known.get(key) != value for key, value in extra_data.items()):
            raise field_error("global", "Les informations de cette offre viennent de son produit.")
        return {}
    rules.check_extra_data(extra_data, ean, subcategory)
    changes: dict[str, Any] = {}
    if (extra_data or None) != (offer.own_extra_data or None):
        changes["own_extra_data"] = extra_data or None
    if ean != offer.ean:
        changes["ean"] = ean
    return changes


async def _is_public_api(session: AsyncSession, offer: Offer) -> bool:
    if offer.last_provider_id is None:
        return False
    found = await session.execute(
        select(OffererProvider.id).where(OffererProvider.provider_id == offer.last_provider_id).limit(1)
    )
    return found.scalar_one_or_none() is not None


def _check_provider(offer: Offer, changes: Mapping[str, Any], is_public_api: bool) -> None:
    """One refusal a field that the offer's provider does not let go of."""
    if offer.last_provider is None:
        return
    editable = rules.editable_fields(
        is_allocine=offer.last_provider.local_class == ALLOCINE, is_public_api=is_public_api
    )
    names = {
        "own_description": "description",
        "own_duration_minutes": "duration_minutes",
        "own_extra_data": "extra_data",
    }
    locked = rules.changed_locked_fields([names.get(name, name) for name in changes], editable)
    if locked:
        raise ApiError(400, {_camel(name): ["Vous ne pouvez pas modifier ce champ"] for name in locked})


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


async def _check(session: AsyncSession, offer: Offer, changes: Mapping[str, Any], subcategory: Any) -> None:
    """The offer as it will be is coherent."""

    def after(name: str) -> Any:
        return changes.get(name, getattr(offer, name))

    if "name" in changes:
        rules.check_name(changes["name"] or "")
    if any(name in changes for name in _ACCESSIBILITY):
        rules.check_accessibility(after(name) for name in _ACCESSIBILITY)
    if "is_duo" in changes or "subcategory_id" in changes:
        rules.check_duo(bool(after("is_duo")), subcategory)
    if "ean" in changes:
        await check_ean_is_free(session, offer.venue_id, changes["ean"], but=offer.id)
    if "subcategory_id" in changes and "own_extra_data" not in changes and offer.product_id is None:
        rules.check_extra_data(offer.own_extra_data or {}, after("ean"), subcategory)
    if _WITHDRAWAL & changes.keys():
        rules.check_withdrawal(
            subcategory,
            after("withdrawal_type"),
            after("withdrawal_delay"),
            after("booking_contact"),
            has_ticketing_service=await has_ticketing_service(session, offer),
        )
    if subcategory.is_online_only and "url" in changes and not changes["url"]:
        raise field_error("url", "Une offre numérique doit avoir une adresse d’accès.")
    if offer.validation is not OfferValidation.DRAFT and {"url", "offerer_address_id"} & changes.keys():
        rules.check_access(subcategory, after("url"), after("offerer_address_id") is not None)


async def has_ticketing_service(session: AsyncSession, offer: Offer) -> bool:
    """Whether the offer's provider, or its link to the venue, can give tickets."""
    if offer.last_provider is None:
        return False
    if offer.last_provider.has_ticketing_service:
        return True
    found = await session.execute(
        select(VenueProvider.id)
        .where(
            VenueProvider.venue_id == offer.venue_id,
            VenueProvider.provider_id == offer.last_provider_id,
            VenueProvider.booking_external_url.is_not(None),
        )
        .limit(1)
    )
    return found.scalar_one_or_none() is not None


async def _set_video(session: AsyncSession, offer: Offer, url: str | None) -> bool:
    """Show a video or none; 400 `videoUrl` when the address is not a video's."""
    current = offer.meta_data.video_url if offer.meta_data is not None else None
    if (url or None) == current:
        return False
    if not url:
        await session.execute(delete(OfferMetaData).where(OfferMetaData.offer_id == offer.id))
        return True
    identifier = video_id(url)
    if identifier is None:
        raise field_error("videoUrl", "Veuillez renseigner l’adresse d’une vidéo YouTube.")
    values = {
        "video_url": url,
        "video_external_id": identifier,
        "video_thumbnail_url": thumbnail_url(identifier),
        "video_title": None,
        "video_duration": None,
    }
    await session.execute(
        insert(OfferMetaData)
        .values(offer_id=offer.id, **values)
        .on_conflict_do_update(index_elements=[OfferMetaData.offer_id], set_=values)
    )
    return True
