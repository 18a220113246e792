"""The API of bookings."""

from __future__ import annotations

from fastapi import FastAPI

from bookings.booking.native import router as booking_native
from bookings.booking_list.pro import router as booking_list_pro
from bookings.desk.pro import router as desk_pro
from bookings.extracts.internal import router as extracts_internal
from bookings.features import flags
from bookings.settings import Settings
from bookings.wallet.internal import router as wallet_internal
from shared.web import create_service_app


def create_app(settings: Settings) -> FastAPI:
    return create_service_app(
        settings,
        title="Bookings",
        routers=[booking_native, booking_list_pro, desk_pro, wallet_internal, extracts_internal],
        follows=[flags],
    )
