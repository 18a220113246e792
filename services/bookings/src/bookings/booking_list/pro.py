"""The partner's bookings in the portal: list, dates, files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from fastapi import Response as HttpResponse
from sqlalchemy import Row

from bookings.booking_list import exports, queries
from bookings.booking_list.lines import dated, line_of, token_shown
from bookings.booking_list.queries import Reader
from bookings.booking_list.rules import ExportFilter, history, is_countable_day, local, page_count, shown_status
from bookings.booking_list.schemas import (
    AskedFilters,
    BookingRecapResponseBeneficiaryModel,
    BookingRecapResponseBookingStatusHistoryModel,
    BookingRecapResponseModel,
    BookingRecapResponseStockModel,
    EventDateScheduleAndPriceCategoriesCountModel,
    ListBookingsResponseModel,
    Page,
    UserHasBookingResponse,
)
from bookings.replicas.pro_user import ActiveProUser
from shared import clock
from shared.errors import field_error, forbidden, not_found
from shared.identity import Principal
from shared.money import to_euros
from shared.web import Identifier, Session, operation, pro_router
from shared.web.access import partners

router = pro_router()

_FILE: dict[int | str, dict[str, Any]] = {200: {"description": "Le fichier", "content": {}}}
_LONG = operation(timeout=60)
# Where filters are asked for, the user stands before them: dependencies run in order, and a stranger is to hear 401.

Rows = Sequence[Row[*tuple[Any, ...]]]
Arrange = Callable[[Iterable[exports.Line]], Iterator[tuple[exports.Line, str]]]
EventDate = Annotated[date, Query(alias="eventDate")]


@router.get("/bookings/pro", operation_id="GetBookingsPro", openapi_extra=operation(access=partners()))
async def get_bookings_pro(
    user: ActiveProUser, filters: AskedFilters, session: Session, page: Page = 1
) -> ListBookingsResponseModel:
    """Latest booked first, 1000 lines a page, one line a seat."""
    reader = _reader(user)
    total = await queries.count_seats(session, reader, filters)
    rows = await queries.seats_of_page(session, reader, filters, page)
    now = clock.now()
    return ListBookingsResponseModel(
        bookings_recap=[_recap(row, now) for row in rows], page=page, pages=page_count(total), total=total
    )


@router.get(
    "/bookings/pro/userHasBookings", operation_id="GetUserHasBookings", openapi_extra=operation(access=partners())
)
async def get_user_has_bookings(session: Session, user: ActiveProUser) -> UserHasBookingResponse:
    return UserHasBookingResponse(has_bookings=await queries.has_bookings(session, _reader(user)))


@router.get(
    "/bookings/dates/{offer_id}",
    operation_id="GetOfferPriceCategoriesAndSchedulesByDates",
    openapi_extra=operation(access=partners(other=403)),
)
async def get_offer_price_categories_and_schedules_by_dates(
    offer_id: Identifier, session: Session, user: ActiveProUser
) -> list[EventDateScheduleAndPriceCategoriesCountModel]:
    """The local days of the offer on which something was booked, the first one first."""
    await _must_have_access(session, user, offer_id)
    return [
        EventDateScheduleAndPriceCategoriesCountModel(
            event_date=row.event_date, schedule_count=row.schedules, price_categories_count=row.price_categories
        )
        for row in await queries.dates_of_offer(session, offer_id)
    ]


@router.get(
    "/bookings/csv",
    operation_id="GetBookingsCsv",
    response_class=HttpResponse,
    responses=_FILE,
    openapi_extra=_LONG | operation(access=partners()),
)
async def get_bookings_csv(
    user: ActiveProUser, filters: AskedFilters, session: Session, page: Page = 1
) -> HttpResponse:
    """Every booking of the list, whatever the page."""
    now = clock.now()
    file = exports.CsvFile()
    async for part in queries.parts_of_period(session, _reader(user), filters):
        await asyncio.to_thread(file.add, exports.duplicated(line_of(row, now) for row in part))
    return _attached(file.content(), exports.CSV_TYPE, "csv")


@router.get(
    "/bookings/excel",
    operation_id="GetBookingsExcel",
    response_class=HttpResponse,
    responses=_FILE,
    openapi_extra=_LONG | operation(access=partners()),
)
async def get_bookings_excel(
    user: ActiveProUser, filters: AskedFilters, session: Session, page: Page = 1
) -> HttpResponse:
    """Every booking of the list, whatever the page."""
    rows = await queries.bookings_of_period(session, _reader(user), filters)
    return await _excel(rows, exports.duplicated)


@router.get(
    "/bookings/offer/{offer_id}/csv",
    operation_id="ExportBookingsForOfferAsCsv",
    response_class=HttpResponse,
    responses=_FILE,
    openapi_extra=_LONG | operation(access=partners(other=403)),
)
async def export_bookings_for_offer_as_csv(
    offer_id: Identifier, status: ExportFilter, event_date: EventDate, session: Session, user: ActiveProUser
) -> HttpResponse:
    return await _csv(await _event_rows(session, user, offer_id, status, event_date), exports.numbered)


@router.get(
    "/bookings/offer/{offer_id}/excel",
    operation_id="ExportBookingsForOfferAsExcel",
    response_class=HttpResponse,
    responses=_FILE,
    openapi_extra=_LONG | operation(access=partners(other=403)),
)
async def export_bookings_for_offer_as_excel(
    offer_id: Identifier, status: ExportFilter, event_date: EventDate, session: Session, user: ActiveProUser
) -> HttpResponse:
    return await _excel(await _event_rows(session, user, offer_id, status, event_date), exports.numbered)


def _reader(user: Principal) -> Reader:
    return Reader(user.id, is_admin=user.is_admin)


async def _must_have_access(session: Session, user: Principal, offer_id: int) -> None:
    offerer_id = await queries.offerer_of_offer(session, offer_id)
    if offerer_id is None:
        raise not_found()
    if not await queries.has_access_to_offerer(session, _reader(user), offerer_id):
        raise forbidden("Vous n'avez pas les droits d'accès suffisants pour accéder à cette information.")


async def _event_rows(session: Session, user: Principal, offer_id: int, status: ExportFilter, day: date) -> Rows:
    await _must_have_access(session, user, offer_id)
    if not is_countable_day(day):
        raise field_error("eventDate", "Cette date n'est pas acceptée")
    return await queries.bookings_of_event(session, offer_id, day, status, clock.now())


async def _csv(rows: Rows, arrange: Arrange) -> HttpResponse:
    return await _file(exports.to_csv, rows, arrange, exports.CSV_TYPE, "csv")


async def _excel(rows: Rows, arrange: Arrange) -> HttpResponse:
    return await _file(exports.to_excel, rows, arrange, exports.EXCEL_TYPE, "xlsx")


async def _file(
    write: Callable[[Iterable[tuple[exports.Line, str]]], bytes], rows: Rows, arrange: Arrange, kind: str, suffix: str
) -> HttpResponse:
    now = clock.now()
    # Thousands of rows keep a processor busy: other requests go on meanwhile.
    content = await asyncio.to_thread(lambda: write(arrange(line_of(row, now) for row in rows)))
    return _attached(content, kind, suffix)


def _attached(content: bytes, kind: str, suffix: str) -> HttpResponse:
    name = f"{exports.FILE_STEM}.{suffix}"
    return HttpResponse(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _recap(row: Row[*tuple[Any, ...]], now: datetime) -> BookingRecapResponseModel:
    life = dated(row)
    return BookingRecapResponseModel(
        beneficiary=BookingRecapResponseBeneficiaryModel(
            email=row.email, firstname=row.first_name, lastname=row.last_name, phonenumber=row.phone_number
        ),
        booking_amount=float(to_euros(row.amount_cents)),
        booking_date=local(row.date_created, row.timezone),
        booking_is_duo=row.quantity > 1,
        booking_price_category_label=row.price_category_label,
        booking_status=shown_status(life, now),
        booking_status_history=[
            BookingRecapResponseBookingStatusHistoryModel(status=status, date=local(moment, row.timezone))
            for status, moment in history(life)
        ],
        booking_token=token_shown(row),
        stock=BookingRecapResponseStockModel(
            event_beginning_datetime=local(row.beginning_datetime, row.timezone),
            offer_ean=row.ean,
            offer_id=row.offer_id,
            offer_is_educational=False,
            offer_name=row.offer_name,
        ),
    )
