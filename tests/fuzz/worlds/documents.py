"""A ticket of a person, and somebody else."""

from __future__ import annotations

from documents.factories import BookingFactory
from documents.worker import create_worker
from shared.events.bookings import BOOKING
from shared.testing.recorders import Delivery
from tests.fuzz.examples import Operation
from tests.fuzz.worlds import Makers, World

CONTROLS: dict[str, int] = {}


async def make(makers: Makers, operation: Operation | None) -> World:
    booking = BookingFactory.build(id=10 * makers.number)
    deliver = Delivery(makers.database, create_worker(makers.app.state.settings).subscriptions)
    await deliver(BOOKING, "created", booking)
    return World(
        callers={
            "internal": {"owner": makers.tokens.native(booking.user_id)},
            "native": {
                "owner": makers.tokens.native(booking.user_id),
                "other": makers.tokens.native(booking.user_id + 1_000_000),
                "suspended": makers.tokens.native(booking.user_id + 2_000_000),
            },
        },
        values={"booking_id": booking.id},
        marks=(booking.token, booking.offer.name),
    )
