"""A person's favourites, as the app reads and writes them."""

from __future__ import annotations

from datetime import datetime

from offers.catalog import rules
from offers.catalog.answers import (
    Coordinates,
    ExpenseDomain,
    ImageResponse,
    SubcategoryName,
    coordinates_answer,
    image_answer,
)
from offers.catalog.queries import offers_by_id
from offers.catalog.values import PublicOffer
from offers.favorites import actions, queries
from offers.replicas.native_user import ActiveNativeUser
from shared.clock import now
from shared.errors import not_found
from shared.storage import Storage
from shared.web import (
    BodyIdentifier,
    Identifier,
    NativeRequest,
    Response,
    Session,
    StorageOf,
    UtcDatetime,
    native_router,
    operation,
)
from shared.web.access import PUBLIC, people

router = native_router()


class FavoriteRequest(NativeRequest):
    offer_id: BodyIdentifier


class FavoriteOfferResponse(Response):
    """An offer in the list. Prices in cents: `price` when there is one, `startPrice` the least of several."""

    id: int
    name: str
    subcategory_id: SubcategoryName
    booking_allowed_datetime: UtcDatetime | None
    coordinates: Coordinates
    date: UtcDatetime | None
    expense_domains: list[ExpenseDomain]
    external_ticket_office_url: str | None
    image: ImageResponse | None
    is_expired: bool
    is_released: bool
    is_sold_out: bool
    price: int | None
    start_date: UtcDatetime | None
    start_price: int | None
    venue_name: str


class FavoriteResponse(Response):
    id: int
    offer: FavoriteOfferResponse


class FavoritesResponse(Response):
    page: int
    nb_favorites: int
    favorites: list[FavoriteResponse]


def _answer(favorite_id: int, offer: PublicOffer, storage: Storage, moment: datetime) -> FavoriteResponse:
    summary = rules.summary(offer.stocks, moment)
    return FavoriteResponse(
        id=favorite_id,
        offer=FavoriteOfferResponse(
            id=offer.id,
            name=offer.name,
            subcategory_id=offer.subcategory_id,
            booking_allowed_datetime=offer.booking_allowed_datetime,
            coordinates=coordinates_answer(offer.address),
            date=summary.date,
            expense_domains=rules.expense_domains(offer.subcategory, offer.url),
            external_ticket_office_url=offer.external_ticket_office_url,
            image=image_answer(offer.main_image, storage) if offer.main_image else None,
            is_expired=summary.is_expired,
            is_released=offer.is_released(moment),
            is_sold_out=offer.is_sold_out(moment),
            price=summary.price,
            start_date=summary.start_date,
            start_price=summary.start_price,
            venue_name=rules.place_name(offer),
        ),
    )


@router.get("/native/v1/me/favorites", operation_id="getNativeV1MeFavorites", openapi_extra=operation(access=people()))
async def get_favorites(user: ActiveNativeUser, session: Session, storage: StorageOf) -> FavoritesResponse:
    """All favourites of the person, newest first."""
    moment = now()
    kept = await queries.favorites_of(session, user.id)
    offers = await offers_by_id(session, [favorite.offer_id for favorite in kept], moment)
    found = [_answer(favorite.id, offers[favorite.offer_id], storage, moment) for favorite in kept]
    return FavoritesResponse(page=1, nb_favorites=len(found), favorites=found)


@router.post(
    "/native/v1/me/favorites",
    operation_id="postNativeV1MeFavorites",
    openapi_extra=operation(access=people(other=PUBLIC)),
)
async def add_favorite(
    body: FavoriteRequest, user: ActiveNativeUser, session: Session, storage: StorageOf
) -> FavoriteResponse:
    """Keep an offer aside. 404 for an unknown offer, 400 MAX_FAVORITES_REACHED beyond the limit."""
    favorite_id = await actions.add_favorite(session, user.id, body.offer_id)
    moment = now()
    offers = await offers_by_id(session, [body.offer_id], moment)
    if body.offer_id not in offers:
        raise not_found()
    return _answer(favorite_id, offers[body.offer_id], storage, moment)


@router.delete(
    "/native/v1/me/favorites/{favorite_id}",
    operation_id="deleteNativeV1MeFavoritesfavoriteId",
    status_code=204,
    openapi_extra=operation(access=people(other=404)),
)
async def remove_favorite(favorite_id: Identifier, user: ActiveNativeUser, session: Session) -> None:
    """Let a favourite go; 404 unless it is the person's own."""
    await actions.remove_favorite(session, user.id, favorite_id)
