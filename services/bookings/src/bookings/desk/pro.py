"""The desk of the portal."""

from __future__ import annotations

from enum import StrEnum

from fastapi import Response as HttpResponse

from bookings.booking_list.queries import Reader
from bookings.desk.actions import DeskRefused, UnknownToken, keep_booking, present, use_booking
from bookings.desk.errors import refused_keep, refused_use, unknown_booking
from bookings.desk.queries import Counter
from bookings.desk.rules import refusal_to_use
from bookings.replicas.pro_user import ActiveProUser
from shared import clock
from shared.humanized import humanize
from shared.identity import Principal
from shared.money import to_euros
from shared.web import Response, Session, operation, pro_router
from shared.web.access import partners

router = pro_router()


class BookingOfferType(StrEnum):
    BIEN = "BIEN"
    EVENEMENT = "EVENEMENT"


class GetBookingResponse(Response):
    """`datetime` is the event's moment in UTC, empty for a thing; `price` is the price of one, in euros."""

    booking_id: str
    date_of_birth: str | None
    datetime: str
    ean13: str | None
    email: str
    is_used: bool
    offer_id: int
    public_offer_id: str
    offer_name: str
    offer_type: BookingOfferType
    price_category_label: str | None
    phone_number: str | None
    price: float
    quantity: int
    user_name: str
    first_name: str | None
    last_name: str | None
    offer_address: str | None
    offer_department_code: str | None
    venue_name: str


@router.get(
    "/bookings/token/{token}",
    operation_id="GetBookingByToken",
    responses={410: {"description": "Contremarque déjà validée, ou annulée"}},
    openapi_extra=operation(access=partners(other=404)),
)
async def get_booking_by_token(token: str, session: Session, user: ActiveProUser) -> GetBookingResponse:
    """A booking that could be validated now; else why it could not."""
    try:
        counter = await present(session, reader_of(user), token)
    except UnknownToken as error:
        raise unknown_booking() from error
    refusal = refusal_to_use(counter.presented, clock.now())
    if refusal is not None:
        raise refused_use(refusal, counter)
    return _shown(counter)


@router.patch(
    "/bookings/use/token/{token}",
    operation_id="PatchBookingUseByToken",
    status_code=204,
    response_class=HttpResponse,
    responses={410: {"description": "Contremarque déjà validée, ou annulée"}},
    openapi_extra=operation(access=partners(other=404)),
)
async def patch_booking_use_by_token(token: str, session: Session, user: ActiveProUser) -> None:
    try:
        await use_booking(session, reader_of(user), token)
    except UnknownToken as error:
        raise unknown_booking() from error
    except DeskRefused as error:
        raise refused_use(error.refusal, error.counter) from error


@router.patch(
    "/bookings/keep/token/{token}",
    operation_id="PatchBookingKeepByToken",
    status_code=204,
    response_class=HttpResponse,
    responses={410: {"description": "Contremarque pas encore validée, annulée, ou dont le remboursement a commencé"}},
    openapi_extra=operation(access=partners(other=404)),
)
async def patch_booking_keep_by_token(token: str, session: Session, user: ActiveProUser) -> None:
    try:
        await keep_booking(session, reader_of(user), token)
    except UnknownToken as error:
        raise unknown_booking() from error
    except DeskRefused as error:
        raise refused_keep(error.refusal) from error


def reader_of(user: Principal) -> Reader:
    """Whose bookings the caller may know of."""
    return Reader(user.id, is_admin=user.is_admin)


def _shown(counter: Counter) -> GetBookingResponse:
    beginning = counter.beginning_datetime
    names = (counter.first_name, counter.last_name)
    return GetBookingResponse(
        booking_id=humanize(counter.booking_id),
        date_of_birth=counter.birth_date.isoformat() if counter.birth_date is not None else None,
        datetime=beginning.isoformat().replace("+00:00", "Z") if beginning is not None else "",
        ean13=counter.ean,
        email=counter.email,
        is_used=counter.presented.status in ("USED", "REIMBURSED"),
        offer_id=counter.offer_id,
        public_offer_id=humanize(counter.offer_id),
        offer_name=counter.offer_name,
        offer_type=BookingOfferType.EVENEMENT if counter.presented.is_event else BookingOfferType.BIEN,
        price_category_label=counter.price_category_label,
        phone_number=counter.phone_number,
        price=float(to_euros(counter.price_cents)),
        quantity=counter.quantity,
        user_name=" ".join(name for name in names if name),
        first_name=counter.first_name,
        last_name=counter.last_name,
        offer_address=counter.street,
        offer_department_code=counter.department_code,
        venue_name=counter.venue_name,
    )
