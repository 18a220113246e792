"""Offers, for the portal."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from offers.offers.answers import list_item, offer_answer, offer_answer_with_address
from offers.offers.creation import ArtistGiven, NewOffer, create_offer
from offers.offers.edition import AT_THE_VENUE, update_offer
from offers.offers.listing import Filters, list_offers, matching_ids
from offers.offers.publication import delete_drafts, publish_offer, set_active
from offers.offers.queries import shown_offer_or_404
from offers.offers.schemas import (
    ActiveStatusBody,
    AllActiveStatusBody,
    ArtistLinkBody,
    DeleteDraftBody,
    IndividualOffer,
    IndividualOfferWithAddress,
    ListQuery,
    LocationBody,
    OfferBody,
    OfferListItem,
    OfferMinimalBody,
    OfferPatch,
    PublishBody,
    VenueLocationBody,
)
from offers.replicas.pro_user import ActiveProUser
from offers.venues.addresses import AddressGiven
from shared.clock import now
from shared.web import Identifier, Session, operation, pro_router
from shared.web.access import partners

router = pro_router()


def _filters(query: ListQuery) -> Filters:
    return Filters(
        name_or_isbn=query.name_or_isbn,
        offerer_id=query.offerer_id,
        venue_id=query.venue_id,
        category_id=query.category_id,
        status=query.status,
        creation_mode=query.creation_mode,
        period_beginning=query.period_beginning_date,
        period_ending=query.period_ending_date,
        offerer_address_id=query.offerer_address_id,
    )


def _address(body: LocationBody | VenueLocationBody | None) -> AddressGiven | None:
    """The address given; None for "at the venue"."""
    if not isinstance(body, LocationBody) or body.is_venue_location:
        return None
    return AddressGiven(
        street=body.street,
        postal_code=body.postal_code,
        city=body.city,
        latitude=body.latitude,
        longitude=body.longitude,
        ban_id=body.ban_id,
        insee_code=body.insee_code,
        is_manual_edition=body.is_manual_edition,
        label=body.label,
    )


def _artists(links: list[ArtistLinkBody] | None) -> list[ArtistGiven]:
    return [ArtistGiven(link.artist_type, link.artist_id, link.custom_name) for link in links or []]


@router.get("/offers", operation_id="ListOffers", openapi_extra=operation(access=partners()))
async def get_offers(
    user: ActiveProUser, session: Session, query: Annotated[ListQuery, Query()]
) -> list[OfferListItem]:
    moment = now()
    return [list_item(offer, moment) for offer in await list_offers(session, user.id, _filters(query))]


def _new(body: OfferMinimalBody, **more: Any) -> NewOffer:
    """What both ways of writing an offer have in common, and `more`."""
    return NewOffer(
        name=body.name,
        subcategory_id=body.subcategory_id,
        audio_disability_compliant=body.audio_disability_compliant,
        mental_disability_compliant=body.mental_disability_compliant,
        motor_disability_compliant=body.motor_disability_compliant,
        visual_disability_compliant=body.visual_disability_compliant,
        description=body.description,
        duration_minutes=body.duration_minutes,
        extra_data=body.extra_data,
        artists=_artists(body.artist_offer_links),
        product_id=body.product_id,
        **more,
    )


@router.post("/offers", operation_id="PostOffer", status_code=201, openapi_extra=operation(access=partners(other=403)))
async def post_offer(body: OfferMinimalBody, user: ActiveProUser, session: Session) -> IndividualOffer:
    return offer_answer(await create_offer(session, user, body.venue_id, _new(body)), now())


@router.post(
    "/v2/offers", operation_id="CreateOffer", status_code=201, openapi_extra=operation(access=partners(other=403))
)
async def create_complete_offer(body: OfferBody, user: ActiveProUser, session: Session) -> IndividualOffer:
    new = _new(
        body,
        address=_address(body.address),
        url=str(body.url) if body.url else None,
        booking_contact=body.booking_contact,
        booking_email=body.booking_email,
        external_ticket_office_url=str(body.external_ticket_office_url) if body.external_ticket_office_url else None,
        is_national=bool(body.is_national),
        withdrawal_delay=body.withdrawal_delay,
        withdrawal_details=body.withdrawal_details,
        withdrawal_type=body.withdrawal_type,
    )
    return offer_answer(await create_offer(session, user, body.venue_id, new), now())


@router.patch("/offers/publish", operation_id="PatchPublishOffer", openapi_extra=operation(access=partners(other=403)))
async def patch_publish(body: PublishBody, user: ActiveProUser, session: Session) -> IndividualOffer:
    offer = await publish_offer(
        session,
        user,
        body.id,
        publication_datetime=body.publication_datetime,
        booking_allowed_datetime=body.booking_allowed_datetime,
    )
    return offer_answer(offer, now())


@router.patch(
    "/offers/active-status",
    operation_id="PatchOffersActiveStatus",
    status_code=204,
    openapi_extra=operation(access=partners()),
)
async def patch_active_status(body: ActiveStatusBody, user: ActiveProUser, session: Session) -> None:
    await set_active(session, user, body.ids, is_active=body.is_active)


@router.patch(
    "/offers/all-active-status",
    operation_id="PatchAllOffersActiveStatus",
    status_code=202,
    openapi_extra=operation(access=partners()),
)
async def patch_all_active_status(body: AllActiveStatusBody, user: ActiveProUser, session: Session) -> dict[str, Any]:
    ids = await matching_ids(session, user.id, _filters(body))
    await set_active(session, user, ids, is_active=body.is_active)
    return {}


@router.post(
    "/offers/delete-draft",
    operation_id="DeleteDraftOffers",
    status_code=204,
    openapi_extra=operation(access=partners()),
)
async def post_delete_draft(body: DeleteDraftBody, user: ActiveProUser, session: Session) -> None:
    await delete_drafts(session, user, body.ids)


@router.get("/offers/{offer_id}", operation_id="GetOffer", openapi_extra=operation(access=partners(other=403)))
async def get_offer(offer_id: Identifier, user: ActiveProUser, session: Session) -> IndividualOfferWithAddress:
    return offer_answer_with_address(await shown_offer_or_404(session, user, offer_id), now())


@router.patch("/offers/{offer_id}", operation_id="PatchOffer", openapi_extra=operation(access=partners(other=403)))
async def patch_offer(
    offer_id: Identifier, body: OfferPatch, user: ActiveProUser, session: Session
) -> IndividualOfferWithAddress:
    sent = {
        name: getattr(body, name)
        for name in body.model_fields_set - {"location", "artist_offer_links", "should_send_mail"}
    }
    for name in ("url", "external_ticket_office_url", "video_url"):
        if name in sent:
            sent[name] = str(sent[name]) if sent[name] else None
    location = (_address(body.location) or AT_THE_VENUE) if body.location is not None else None
    artists = _artists(body.artist_offer_links) if "artist_offer_links" in body.model_fields_set else None
    offer = await update_offer(
        session,
        user,
        offer_id,
        sent,
        location=location,
        artists=artists,
        tell_holders=bool(body.should_send_mail),
    )
    return offer_answer_with_address(offer, now())
