"""A booking of a person at a partner's, and those who have nothing to do with it."""

from __future__ import annotations

from datetime import timedelta

from bookings.booking.actions import book, use_many
from bookings.booking.values import ValidationAuthor
from bookings.factories import AttachmentFactory, UserFactory, create_beneficiary, create_stock
from bookings.replicas.models import OfferReplica
from shared import clock
from tests.fuzz.examples import Operation
from tests.fuzz.worlds import Makers, World

CONTROLS: dict[str, int] = {}


async def make(makers: Makers, operation: Operation | None) -> World:
    session, tokens, first = makers.session, makers.tokens, 10 * makers.number
    person = await create_beneficiary(
        session, id=first + 1, email=f"titulaire{first}@example.com", last_name="Titulaire"
    )
    other = await create_beneficiary(session, id=first + 2)
    closed = await create_beneficiary(session, id=first + 3, is_active=False)
    stock = await create_stock(session, offer__name=f"Offre du titulaire {first}", offer__thing=True)
    spare = await create_stock(session)
    offer = await session.get_one(OfferReplica, stock.offer_id)
    elsewhere = await session.get_one(OfferReplica, spare.offer_id)
    owner, stranger, waiting, gone = (5_000_000 + first + n for n in range(4))
    await UserFactory.create(session, id=gone, roles=["PRO"], is_active=False)
    for user_id, offerer_id, status in (
        (owner, offer.offerer_id, "VALIDATED"),
        (stranger, elsewhere.offerer_id, "VALIDATED"),
        (waiting, offer.offerer_id, "NEW"),
        (gone, offer.offerer_id, "VALIDATED"),
    ):
        await AttachmentFactory.create(session, user_id=user_id, offerer_id=offerer_id, validation_status=status)
    await session.commit()
    booked = await book(makers.database.pool, user_id=person.id, stock_id=stock.id, quantity=1)
    if operation is not None and operation.id == "PatchBookingKeepByToken":
        async with makers.database.transaction() as using:
            await use_many(using, [booked.id], author=ValidationAuthor.OFFERER, still=lambda _: True)
    return World(
        callers={
            "native": {
                "owner": tokens.native(person.id),
                "other": tokens.native(other.id),
                "suspended": tokens.native(closed.id),
            },
            "internal": {"owner": tokens.native(person.id)},
            "pro": {
                "owner": tokens.pro(owner),
                "other": tokens.pro(stranger),
                "unvalidated": tokens.pro(waiting),
                "suspended": tokens.pro(gone),
            },
        },
        values={
            "booking_id": booked.id,
            "token": booked.token,
            "offer_id": offer.id,
            "offerId": offer.id,
            "offererId": offer.offerer_id,
            "venueId": offer.venue_id,
            "stockId": spare.id,
            "quantity": 1,
            "ended": True,
            "status": "ongoing",
            "bookingPeriodBeginningDate": (clock.now() - timedelta(days=1)).date().isoformat(),
            "bookingPeriodEndingDate": (clock.now() + timedelta(days=1)).date().isoformat(),
        },
        special={
            "ExportBookingsForOfferAsCsv": {"status": "all"},
            "ExportBookingsForOfferAsExcel": {"status": "all"},
        },
        marks=(booked.token, "Titulaire", person.email or "", offer.name),
        kept={"booking": [booked.id]},
    )
