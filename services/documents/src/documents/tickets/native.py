"""The app's face: a booking's ticket as a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from documents.rendering.pool import RenderingUnavailable
from documents.replicas.queries import booking_of
from documents.tickets.actions import TicketPrinter
from documents.tickets.rules import ticket_of
from shared.errors import gone, not_found, unavailable
from shared.identity import NativeUser
from shared.web import DatabaseOf, native_router, operation
from shared.web.access import SERVED, people
from shared.web.routers import ErrorBody

router = native_router()

BIGINT_MAX = 2**63 - 1


def _printer(request: Request) -> TicketPrinter:
    return request.app.state.printer


@router.get(
    "/native/v1/bookings/{booking_id}/ticket",
    operation_id="getNativeV1BookingsbookingIdTicket",
    summary="The ticket of a booking, to print or keep",
    response_class=Response,
    responses={
        200: {
            "description": "A one-page PDF",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        410: {"model": ErrorBody, "description": "The booking is cancelled"},
    },
    openapi_extra=operation(rate_limit="30/minute", timeout=30, access=people(other=404, suspended=SERVED)),
)
async def get_booking_ticket(
    booking_id: int, user: NativeUser, database: DatabaseOf, printer: Annotated[TicketPrinter, Depends(_printer)]
) -> Response:
    if not 0 < booking_id <= BIGINT_MAX:
        raise not_found()
    # The connection is given back before the page is laid out: that takes longer than the query.
    async with database.transaction() as session:
        booking = await booking_of(session, booking_id, user.id)
    if booking is None:
        raise not_found()
    if booking.status == "CANCELLED":
        raise gone("booking", "Cette réservation est annulée : elle n'a plus de billet.")
    ticket = ticket_of(booking)
    try:
        pdf = await printer.pdf(ticket, booking.offer.image_url)
    except RenderingUnavailable as error:
        raise unavailable(
            "Ton billet n'a pas pu être préparé pour le moment. Réessaie dans quelques secondes."
        ) from error
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{ticket.filename}"',
            "Cache-Control": "private, no-cache",
            "X-Content-Type-Options": "nosniff",
        },
    )
