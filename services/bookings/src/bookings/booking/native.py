"""The app's face of bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends
from fastapi import Response as HttpResponse

from bookings.booking import actions, errors, queries, shapes, shown
from bookings.booking.schemas import (
    BookingDisplayStatusRequest,
    BookingResponse,
    BookingsListResponseV2,
    BookingsResponseV1,
    BookingsResponseV2,
    BookOfferRequest,
    BookOfferResponse,
)
from bookings.idempotency import native as idempotency
from bookings.idempotency.keys import AlreadyAnswered, Answer, Key, KeyBusy, KeyReused, fingerprint_of, keep
from bookings.idempotency.native import IdempotencyKeyHeader
from shared import clock
from shared.database import Database
from shared.errors import ApiError, not_found
from shared.identity import NativeUser
from shared.web import DatabaseOf, Session, native_router, operation
from shared.web.access import people

router = native_router()

BIGINT_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is asking, known here and active."""

    id: int
    email: str
    birth_date: date | None
    department_code: str | None


async def _holder(session: Session, user: NativeUser) -> Holder:
    known = await queries.holder(session, user.id)
    if known is None or not known.is_active:
        raise errors.inactive_holder()
    return Holder(known.id, known.email, known.birth_date, known.department_code)


ActiveHolder = Annotated[Holder, Depends(_holder)]


# The lists of the app by the word in their path: whether it is the one of ended bookings.
LISTS = {"ongoing": False, "ended": True}


def _known(booking_id: int) -> int:
    """The id asked for; beyond what an id can be, there is nothing."""
    if booking_id > BIGINT_MAX:
        raise not_found()
    return booking_id


@router.post(
    "/native/v1/bookings",
    operation_id="postNativeV1Bookings",
    response_model=BookOfferResponse,
    responses=idempotency.RESPONSES,
    openapi_extra=operation(access=people()),
)
async def book_offer(
    body: BookOfferRequest, database: DatabaseOf, user: NativeUser, idempotency_key: IdempotencyKeyHeader = None
) -> BookOfferResponse | HttpResponse:
    if idempotency_key is None:
        return BookOfferResponse(booking_id=await _book(database, user.id, body))
    key = Key(
        user.id,
        idempotency_key,
        fingerprint_of("postNativeV1Bookings", body.stock_id, body.quantity),
        lambda booking_id: Answer(200, BookOfferResponse(booking_id=booking_id).model_dump(by_alias=True)),
    )
    try:
        try:
            return BookOfferResponse(booking_id=await _book(database, user.id, body, key))
        except ApiError as error:
            # A refusal of the rules is an answer; what may be different in a moment is not kept.
            if error.status != 400:
                raise
            return idempotency.told(await keep(database.pool, key, Answer(error.status, error.body)))
    except AlreadyAnswered as answered:
        return idempotency.told(answered.answer)
    except KeyReused as error:
        raise idempotency.reused() from error
    except KeyBusy as error:
        raise idempotency.busy() from error


async def _book(database: Database, user_id: int, body: BookOfferRequest, key: Key | None = None) -> int:
    """The id of the booking made. Raises what `book` raises about the key, and refusals as the app reads them."""
    try:
        booked = await actions.book(
            database.pool, user_id=user_id, stock_id=body.stock_id, quantity=body.quantity, key=key
        )
    except actions.InactiveHolder as error:
        raise errors.inactive_holder() from error
    except actions.UnknownStock as error:
        raise errors.unknown_stock() from error
    except actions.Refused as error:
        raise errors.refused_booking(error.refusal) from error
    return booked.id


@router.get(
    "/native/v1/bookings",
    operation_id="getNativeV1Bookings",
    response_model=BookingsResponseV1,
    openapi_extra=operation(access=people()),
)
async def get_bookings_v1(session: Session, holder: ActiveHolder) -> BookingsResponseV1:
    held = await queries.held_bookings(session, holder.id)
    now = clock.now()
    ended, ongoing = shapes.sorted_lists(held, now)
    return BookingsResponseV1(
        ended_bookings=[shapes.booking_v1(item, view, holder.email, now, with_qr=False) for item, view in ended],
        ongoing_bookings=[shapes.booking_v1(item, view, holder.email, now, with_qr=True) for item, view in ongoing],
        has_bookings_after18=_after_18(held, holder),
    )


@router.get(
    "/native/v2/bookings",
    operation_id="getNativeV2Bookings",
    response_model=BookingsResponseV2,
    openapi_extra=operation(access=people()),
)
async def get_bookings_v2(session: Session, holder: ActiveHolder) -> BookingsResponseV2:
    held = await queries.held_bookings(session, holder.id)
    now = clock.now()
    ended, ongoing = shapes.sorted_lists(held, now)
    return BookingsResponseV2(
        ended_bookings=[shapes.booking_v2(item, view, holder.email, now, with_qr=False) for item, view in ended],
        ongoing_bookings=[shapes.booking_v2(item, view, holder.email, now, with_qr=True) for item, view in ongoing],
        has_bookings_after18=_after_18(held, holder),
    )


def _after_18(held: list[queries.HeldBooking], holder: Holder) -> bool:
    return shown.has_bookings_after_18(
        ((item.deposit_type, item.booking.date_created) for item in held), holder.birth_date, holder.department_code
    )


@router.get(
    "/native/v2/bookings/{booking_id:int}",
    operation_id="getNativeV2BookingsbookingId",
    response_model=BookingResponse,
    openapi_extra=operation(access=people(other=404)),
)
async def get_booking(booking_id: int, session: Session, holder: ActiveHolder) -> BookingResponse:
    held = await queries.held_booking(session, holder.id, _known(booking_id))
    if held is None:
        raise not_found()
    return shapes.booking_v2(held, shapes.shown_of(held), holder.email, clock.now(), with_qr=False)


@router.get(
    "/native/v2/bookings/{status}",
    operation_id="getNativeV2Bookingsstatus",
    response_model=BookingsListResponseV2,
    openapi_extra=operation(access=people()),
)
async def get_bookings_list(status: str, session: Session, holder: ActiveHolder) -> BookingsListResponseV2:
    if status not in LISTS:
        raise not_found()
    held = await queries.listed_bookings(session, holder.id, ended=LISTS[status])
    return BookingsListResponseV2(bookings=[shapes.list_item(item, shapes.shown_of(item)) for item in held])


@router.post(
    "/native/v1/bookings/{booking_id:int}/cancel",
    operation_id="postNativeV1BookingsbookingIdCancel",
    status_code=204,
    response_class=HttpResponse,
    openapi_extra=operation(access=people(other=404)),
)
async def cancel_booking(booking_id: int, session: Session, holder: ActiveHolder) -> None:
    try:
        await actions.cancel_as_beneficiary(session, user_id=holder.id, booking_id=_known(booking_id))
    except actions.UnknownBooking as error:
        raise not_found() from error
    except actions.CancellationRefused as error:
        raise errors.refused_cancellation(error.refusal) from error


@router.post(
    "/native/v1/bookings/{booking_id:int}/toggle_display",
    operation_id="postNativeV1BookingsbookingIdToggleDisplay",
    status_code=204,
    response_class=HttpResponse,
    openapi_extra=operation(access=people(other=404)),
)
async def toggle_booking_display(
    booking_id: int, body: BookingDisplayStatusRequest, session: Session, holder: ActiveHolder
) -> None:
    try:
        await actions.change_display(session, user_id=holder.id, booking_id=_known(booking_id), ended=body.ended)
    except actions.UnknownBooking as error:
        raise not_found() from error
