"""What the gateway asks of wallets to complete the profile of the app."""

from __future__ import annotations

from fastapi import Response as HttpResponse

from bookings.wallet import queries
from shared.identity import NativeUser
from shared.web import DatabaseOf, Response, internal_router, operation, written
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
async def my_wallet(database: DatabaseOf, user: NativeUser) -> HttpResponse:
    mine = await queries.my_wallet(database, user.id)
    return written(
        MyWalletResponse(
            domains_credit=DomainsCreditResponse.model_validate(mine.credit) if mine.credit is not None else None,
            booked_offers=mine.booked_offers,
        )
    )
