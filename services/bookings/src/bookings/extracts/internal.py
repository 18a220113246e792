"""What bookings keeps of a person, for the extract of their data. Asked with a token of the person."""

from __future__ import annotations

from datetime import datetime

from bookings.extracts.queries import bookings_of, wallets_of
from shared.identity import NativeUser
from shared.web import Response, Session, internal_router, operation
from shared.web.access import house

router = internal_router()


class BookingKept(Response):
    """Amounts in cents: of one, and of all."""

    id: int
    token: str
    status: str
    quantity: int
    amount: int
    total_amount: int
    price_category_label: str | None
    date_created: datetime
    date_used: datetime | None
    cancellation_date: datetime | None
    cancellation_reason: str | None
    reimbursement_date: datetime | None
    beginning_datetime: datetime | None
    offer_id: int
    offer_name: str
    subcategory_label: str
    venue_name: str
    offerer_name: str


class WalletKept(Response):
    id: int
    type: str
    credit: int
    spent: int
    expiration_date: datetime | None


class PersonKept(Response):
    bookings: list[BookingKept]
    wallets: list[WalletKept]


@router.get(
    "/internal/extracts/me",
    operation_id="getInternalExtractsMe",
    response_model=PersonKept,
    openapi_extra=operation(access=house(nobody=401)),
)
async def what_is_kept(user: NativeUser, session: Session) -> PersonKept:
    return PersonKept(
        bookings=[BookingKept.model_validate(row) for row in await bookings_of(session, user.id)],
        wallets=[WalletKept.model_validate(row) for row in await wallets_of(session, user.id)],
    )
