"""The headline offer, for the portal."""

from __future__ import annotations

from typing import Any

from offers.images.urls import active_mediation
from offers.offers.answers import offer_thumb
from offers.offers.headline import close_headline, headline_of, put_forward
from offers.offers.schemas import BodyId
from offers.replicas.pro_user import ActiveProUser
from shared.web import Identifier, ProRequest, Response, Session, operation, pro_router
from shared.web.access import partners

router = pro_router()


class HeadlineBody(ProRequest):
    offer_id: BodyId


class HeadlineDeletion(ProRequest):
    offerer_id: BodyId


class HeadlineImage(Response):
    url: str
    credit: str | None = None


class Headline(Response):
    id: int
    name: str
    image: HeadlineImage | None = None
    venue_id: int


def _answer(offer: Any) -> Headline:
    url, own = offer_thumb(offer), active_mediation(offer.mediations)
    image = HeadlineImage(url=url, credit=own.credit if own is not None else None) if url else None
    return Headline(id=offer.id, name=offer.name, image=image, venue_id=offer.venue_id)


@router.post(
    "/offers/upsert_headline",
    operation_id="UpsertHeadlineOffer",
    status_code=201,
    openapi_extra=operation(access=partners(other=403)),
)
async def post_headline(body: HeadlineBody, user: ActiveProUser, session: Session) -> Headline:
    return _answer(await put_forward(session, user, body.offer_id))


@router.post(
    "/offers/delete_headline",
    operation_id="DeleteHeadlineOffer",
    status_code=204,
    openapi_extra=operation(access=partners(other=403)),
)
async def post_headline_deletion(body: HeadlineDeletion, user: ActiveProUser, session: Session) -> None:
    await close_headline(session, user, body.offerer_id)


@router.get(
    "/offerers/{offerer_id}/headline-offer",
    operation_id="GetOffererHeadlineOffer",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_headline(offerer_id: Identifier, user: ActiveProUser, session: Session) -> Headline:
    return _answer(await headline_of(session, user, offerer_id))
