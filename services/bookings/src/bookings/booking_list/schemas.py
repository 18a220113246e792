"""What the portal's booking pages ask and are answered."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query

from bookings.booking_list.queries import Filters
from bookings.booking_list.rules import ShownStatus, StatusFilter, is_countable_day, period_of
from shared.errors import ApiError, field_error
from shared.web import Identifier, Response

_NO_DATE = "Une date d'évènement ou les deux bornes d'une période sont attendues"
_ODD_DATE = "Cette date n'est pas acceptée"


class BookingExportType(StrEnum):
    CSV = "csv"
    EXCEL = "excel"


class BookingRecapResponseBeneficiaryModel(Response):
    email: str | None
    firstname: str | None
    lastname: str | None
    phonenumber: str | None


class BookingRecapResponseBookingStatusHistoryModel(Response):
    status: ShownStatus
    date: datetime | None


class BookingRecapResponseStockModel(Response):
    event_beginning_datetime: datetime | None
    offer_ean: str | None
    offer_id: int
    offer_is_educational: bool
    offer_name: str


class BookingRecapResponseModel(Response):
    """A seat booked. Moments are local, with their offset; `booking_amount` is the price of one, in euros."""

    beneficiary: BookingRecapResponseBeneficiaryModel
    booking_amount: float
    booking_date: datetime
    booking_is_duo: bool
    booking_price_category_label: str | None
    booking_status: ShownStatus
    booking_status_history: list[BookingRecapResponseBookingStatusHistoryModel]
    booking_token: str | None
    stock: BookingRecapResponseStockModel


class ListBookingsResponseModel(Response):
    bookings_recap: list[BookingRecapResponseModel]
    page: int
    pages: int
    total: int


class UserHasBookingResponse(Response):
    has_bookings: bool


class EventDateScheduleAndPriceCategoriesCountModel(Response):
    event_date: date
    price_categories_count: int
    schedule_count: int


async def _filters(
    offerer_id: Annotated[Identifier | None, Query(alias="offererId")] = None,
    venue_id: Annotated[Identifier | None, Query(alias="venueId")] = None,
    offer_id: Annotated[Identifier | None, Query(alias="offerId")] = None,
    event_date: Annotated[date | None, Query(alias="eventDate")] = None,
    status: Annotated[StatusFilter | None, Query(alias="bookingStatusFilter")] = None,
    beginning: Annotated[date | None, Query(alias="bookingPeriodBeginningDate")] = None,
    ending: Annotated[date | None, Query(alias="bookingPeriodEndingDate")] = None,
    address_id: Annotated[Identifier | None, Query(alias="offererAddressId")] = None,
    _export_type: Annotated[BookingExportType | None, Query(alias="exportType")] = None,
) -> Filters:
    """The filters of the page, which must bound the bookings by a date."""
    named = {"eventDate": event_date, "bookingPeriodEndingDate": ending, "bookingPeriodBeginningDate": beginning}
    for name, day in named.items():
        if day is not None and not is_countable_day(day):
            raise field_error(name, _ODD_DATE)
    period = period_of(beginning, ending)
    if event_date is None and period is None:
        raise ApiError(400, {name: [_NO_DATE] for name in named})
    return Filters(
        offerer_id=offerer_id,
        venue_id=venue_id,
        offer_id=offer_id,
        address_id=address_id,
        event_date=event_date,
        status=status,
        period=period,
    )


AskedFilters = Annotated[Filters, Depends(_filters)]
Page = Annotated[int, Query(ge=1, le=10**9)]
