"""Reactions, as the app asks for them and sends them."""

from __future__ import annotations

from pydantic import Field

from offers.catalog.queries import offers_by_id
from offers.reactions import actions, queries
from offers.reactions.values import ReactionType
from offers.replicas.native_user import ActiveNativeUser
from shared.clock import now
from shared.web import (
    BodyIdentifier,
    NativeRequest,
    Response,
    Session,
    StorageOf,
    UtcDatetime,
    native_router,
    operation,
)
from shared.web.access import people

MAX_REACTIONS = 100

router = native_router()


class OneReaction(NativeRequest):
    offer_id: BodyIdentifier
    reaction_type: ReactionType


class ReactionsRequest(NativeRequest):
    reactions: list[OneReaction] = Field(max_length=MAX_REACTIONS)


class ReactableBooking(Response):
    offer_id: int
    name: str
    image: str | None
    subcategory_id: str
    date_used: UtcDatetime | None


class AvailableReactionsResponse(Response):
    number_of_reactable_bookings: int
    bookings: list[ReactableBooking]


async def _available(user: ActiveNativeUser, session: Session, storage: StorageOf) -> AvailableReactionsResponse:
    moment = now()
    reactable = await queries.reactable_bookings(session, user.id, moment)
    # What was booked may have been withdrawn since: it is still what the person saw.
    offers = await offers_by_id(session, [b.offer_id for b in reactable], moment, approved_only=False)
    bookings = []
    for booking in reactable:
        if (offer := offers.get(booking.offer_id)) is None:
            continue
        bookings.append(
            ReactableBooking(
                offer_id=offer.id,
                name=offer.name,
                image=storage.public_url(offer.main_image.key) if offer.main_image else None,
                subcategory_id=booking.subcategory_id,
                date_used=booking.date_used,
            )
        )
    return AvailableReactionsResponse(number_of_reactable_bookings=len(bookings), bookings=bookings)


@router.get(
    "/native/v1/reaction/available",
    operation_id="getNativeV1ReactionAvailable",
    deprecated=True,
    openapi_extra=operation(access=people()),
)
async def get_available_reactions_v1(
    user: ActiveNativeUser, session: Session, storage: StorageOf
) -> AvailableReactionsResponse:
    """The same under its former address."""
    return await _available(user, session, storage)


@router.get(
    "/native/v2/reaction/available",
    operation_id="getNativeV2ReactionAvailable",
    openapi_extra=operation(access=people()),
)
async def get_available_reactions(
    user: ActiveNativeUser, session: Session, storage: StorageOf
) -> AvailableReactionsResponse:
    """What the person used and was not asked about yet, the latest first."""
    return await _available(user, session, storage)


@router.post(
    "/native/v1/reaction",
    operation_id="postNativeV1Reaction",
    status_code=204,
    deprecated=True,
    openapi_extra=operation(access=people()),
)
async def react_v1(body: ReactionsRequest, user: ActiveNativeUser, session: Session) -> None:
    """The same under its former address."""
    await actions.react(session, user.id, {one.offer_id: one.reaction_type for one in body.reactions})


@router.post(
    "/native/v2/reaction",
    operation_id="postNativeV2Reaction",
    status_code=204,
    openapi_extra=operation(access=people()),
)
async def react(body: ReactionsRequest, user: ActiveNativeUser, session: Session) -> None:
    """What the person thought of offers that they used; the last word on an offer counts. All or none."""
    await actions.react(session, user.id, {one.offer_id: one.reaction_type for one in body.reactions})
