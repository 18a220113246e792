"""What the gateway asks of wallets to complete the profile of the app."""

from __future__ import annotations

from bookings.booking.queries import booked_offers
from bookings.wallet.queries import credit_of
from shared.identity import NativeUser
from shared.web import Response, Session, internal_router, operation
from shared.web.access import house

router = internal_router()


class CreditResponse(Response):
    initial: int
    remaining: int


class DomainsCreditResponse(Response):
    all: CreditResponse
    digital: CreditResponse | None
    physical: CreditResponse | None


class MyWalletResponse(Response):
    """`booked_offers` is keyed by the offer's id in decimal; its values are booking ids."""

    domains_credit: DomainsCreditResponse | None
    booked_offers: dict[str, int]


@router.get(
    "/internal/wallets/me",
    operation_id="getInternalWalletsMe",
    response_model=MyWalletResponse,
    openapi_extra=operation(access=house(nobody=401)),
)
async def my_wallet(session: Session, user: NativeUser) -> MyWalletResponse:
    credit = await credit_of(session, user.id)
    offers = await booked_offers(session, user.id)
    return MyWalletResponse(
        domains_credit=DomainsCreditResponse.model_validate(credit) if credit is not None else None,
        booked_offers={str(offer_id): booking_id for offer_id, booking_id in offers},
    )
