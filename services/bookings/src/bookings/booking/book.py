"""Booking: the one hot path of the platform, straight through psycopg in three round trips."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

from psycopg import AsyncConnection, errors
from psycopg_pool import AsyncConnectionPool

from bookings.booking import statements
from bookings.booking.facts import CodeFacts, OffererFacts, OfferFacts, StockFacts, UserFacts, VenueFacts
from bookings.booking.rules import (
    BookingRefusal,
    Subject,
    cancellation_limit,
    is_automatically_used,
    refusal_to_book,
)
from bookings.booking.states import state_of
from bookings.booking.tokens import draw_token
from bookings.booking.values import BookingStatus, ValidationAuthor
from bookings.idempotency import keys
from bookings.idempotency.keys import AlreadyAnswered, Key, KeyReused
from bookings.wallet.rules import PURSE_COLUMNS, Domain, Purse, used_recredit_type
from shared import clock
from shared.database import outbox_row
from shared.errors import unavailable
from shared.events.bookings import BOOKING, INVENTORY, WALLET, Inventory, Wallet

ATTEMPTS = 6
"""How often a booking is decided anew when its facts moved on meanwhile, or a token was taken, before giving up."""

OPEN = "VALIDATED"
APPROVED = "APPROVED"


class UnknownStock(Exception):
    """There is no such stock."""


class InactiveHolder(Exception):
    """The person is unknown here or suspended."""


class Refused(Exception):
    """The rules say no."""

    def __init__(self, refusal: BookingRefusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class _Stale(Exception):
    """What was decided upon has changed: decide again."""


_NOTHING_WRITTEN = (Refused, UnknownStock, InactiveHolder, AlreadyAnswered, KeyReused)
"""What a decision raises before anything is written."""


@dataclass(frozen=True, slots=True)
class Booked:
    id: int
    token: str
    status: str


class _Read(NamedTuple):
    """Everything around a stock and a person, read and locked."""

    quantity: int | None
    booked_quantity: int
    has_codes: bool
    already_booked: bool
    is_first_of_venue: bool
    booking_id: int
    user: UserFacts | None
    purse: Purse | None
    code: CodeFacts | None
    stock: StockFacts | None
    offer: OfferFacts | None
    venue: VenueFacts | None
    offerer: OffererFacts | None


F = TypeVar("F", bound=tuple[Any, ...])


def _take(values: Iterator[Any], kind: type[F]) -> F | None:
    """The next columns as facts; None where the outer join found no row (the first column is the id)."""
    columns = list(islice(values, len(kind._fields)))  # type: ignore[attr-defined]
    return kind(*columns) if columns[0] is not None else None


def _read(row: tuple[Any, ...]) -> _Read:
    values = iter(row)
    head = list(islice(values, 6))
    user = _take(values, UserFacts)
    purse = list(islice(values, len(PURSE_COLUMNS)))
    return _Read(
        *head,
        user=user,
        purse=Purse(*purse) if purse[0] is not None else None,
        code=_take(values, CodeFacts),
        stock=_take(values, StockFacts),
        offer=_take(values, OfferFacts),
        venue=_take(values, VenueFacts),
        offerer=_take(values, OffererFacts),
    )


async def book(
    pool: AsyncConnectionPool[AsyncConnection], *, user_id: int, stock_id: int, quantity: int, key: Key | None = None
) -> Booked:
    """Book for the person, in one transaction of its own; tells `booking.created` (`booking.used` when used at once),
    `inventory.changed` and, when money moved, `wallet.changed`. With a key its answer is kept in the same transaction.

    Raises UnknownStock, InactiveHolder, Refused; ApiError 503 when a lock was not to be had in time; with a key
    AlreadyAnswered, KeyReused, KeyBusy. Nothing is written then.
    """
    async with pool.connection() as connection:
        for _ in range(ATTEMPTS):
            try:
                async with _transaction(connection) as now:
                    return await _attempt(connection, user_id, stock_id, quantity, now, key)
            except (_Stale, errors.DeadlockDetected, errors.SerializationFailure):
                continue
            except errors.UniqueViolation as error:
                if error.diag.constraint_name == "uq_booking_live_user_offer":
                    raise Refused(BookingRefusal.ALREADY_BOOKED) from error
                # A token that is taken is drawn again; a key that was answered meanwhile is found answered.
                if error.diag.constraint_name not in ("uq_booking_token", keys.PRIMARY_KEY):
                    raise
            except errors.CheckViolation as error:
                raise Refused(_refusal_of(error)) from error
            except (errors.LockNotAvailable, errors.QueryCanceled) as error:
                raise unavailable() from error
    raise unavailable()


def _refusal_of(error: errors.CheckViolation) -> BookingRefusal:
    """The rule that a constraint stands behind."""
    match error.diag.constraint_name:
        case "ck_inventory_booked_within_quantity":
            return BookingRefusal.NOT_BOOKABLE
        case "ck_wallet_spent_within_credit" | "ck_booking_paid_by_a_deposit":
            return BookingRefusal.CREDIT
        case "ck_booking_quantity":
            return BookingRefusal.QUANTITY
        case _:
            raise error


@asynccontextmanager
async def _transaction(connection: AsyncConnection) -> AsyncIterator[datetime]:
    """A transaction whose BEGIN travels with the first statement; psycopg's own would cost a round trip."""
    await connection.set_autocommit(True)
    try:
        yield clock.now()
        await connection.commit()
    except _NOTHING_WRITTEN:
        # Ended by a COMMIT: after a ROLLBACK psycopg has the server forget all prepared statements.
        await connection.commit()
        raise
    except BaseException:
        if not connection.closed:
            await connection.rollback()
        raise
    finally:
        if not connection.closed:
            await connection.set_autocommit(False)


async def _attempt(
    connection: AsyncConnection, user_id: int, stock_id: int, quantity: int, now: datetime, key: Key | None
) -> Booked:
    if key is not None:
        await keys.claim(connection, key)
    async with connection.pipeline():
        if key is None:
            await connection.execute("BEGIN")
        cursor = await connection.execute(
            statements.READ, {"stock_id": stock_id, "user_id": user_id, "now": now}, prepare=True
        )
    # Fetched once the pipeline is left: inside, it would cost another round trip.
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - the statement's left side always has one row
    read = _read(row)
    if read.user is None or not read.user.is_active:
        raise InactiveHolder
    if read.stock is None:
        raise UnknownStock
    if read.offer is None or read.venue is None or read.offerer is None:
        # The stock was heard of before its offer: nobody can book it yet.
        raise Refused(BookingRefusal.NOT_BOOKABLE)
    subject = _subject(read, read.user, read.stock, read.offer, read.offerer)
    refusal = refusal_to_book(subject, quantity, now)
    if refusal is not None:
        raise Refused(refusal)

    total = read.stock.price_cents * quantity
    purse = read.purse if read.purse is not None and read.purse.is_active(now) else None
    code = read.code if subject.needs_code else None
    used = code is not None or is_automatically_used(read.offer.subcategory_id, read.stock.price_cents)
    booking = {
        "id": read.booking_id,
        "user_id": user_id,
        "stock_id": stock_id,
        "offer_id": read.offer.id,
        "venue_id": read.venue.id,
        "offerer_id": read.offerer.id,
        "deposit_id": purse.id if purse is not None else None,
        "token": draw_token(),
        "status": BookingStatus.USED.value if used else BookingStatus.CONFIRMED.value,
        "quantity": quantity,
        "amount_cents": read.stock.price_cents,
        "price_category_label": read.stock.price_category_label,
        "date_created": now,
        "date_used": now if used else None,
        "cancellation_limit_date": cancellation_limit(read.stock.beginning_datetime, now),
        "validation_author_type": ValidationAuthor.AUTO.value if used else None,
        "used_recredit_type": used_recredit_type(purse),
        "is_first_of_venue": read.is_first_of_venue,
    }
    rows = _facts(booking, read, purse, code, total)
    parameters: dict[str, Any] = {
        **booking,
        "stock_version": read.stock.version,
        "offer_version": read.offer.version,
        "offerer_version": read.offerer.version,
        "total": total,
        "domain": subject.domain,
        "digital": total if subject.domain is Domain.DIGITAL else 0,
        "physical": total if subject.domain is Domain.PHYSICAL else 0,
        "code_id": code.id if code is not None else None,
    }
    for number, values in enumerate(rows):
        parameters.update((f"{name}{number}", value) for name, value in values.items())
    if key is not None:
        parameters.update((f"key_{name}", value) for name, value in key.row(key.answer(read.booking_id)).items())
    statement = statements.write(paid=total > 0, coded=code is not None, keyed=key is not None, facts=len(rows))
    cursor = await connection.execute(statement, parameters, prepare=True)
    if await cursor.fetchone() != (1, 1, 1):
        raise _Stale
    return Booked(read.booking_id, booking["token"], booking["status"])


def _subject(read: _Read, user: UserFacts, stock: StockFacts, offer: OfferFacts, offerer: OffererFacts) -> Subject:
    return Subject(
        price_cents=stock.price_cents,
        beginning=stock.beginning_datetime,
        booking_limit=stock.booking_limit_datetime,
        is_soft_deleted=stock.is_soft_deleted,
        quantity_left=None if read.quantity is None else read.quantity - read.booked_quantity,
        needs_code=bool(offer.url) and (stock.has_activation_codes or read.has_codes),
        has_code=read.code is not None,
        is_duo=offer.is_duo,
        has_url=bool(offer.url),
        is_approved=offer.validation == APPROVED,
        publication=offer.publication_datetime,
        booking_allowed=offer.booking_allowed_datetime,
        is_digital_deposit=offer.is_digital_deposit,
        is_physical_deposit=offer.is_physical_deposit,
        underage_when_free=offer.is_bookable_by_underage_when_free,
        underage_when_not_free=offer.is_bookable_by_underage_when_not_free,
        is_offerer_open=offerer.is_active and offerer.validation_status == OPEN,
        roles=user.roles,
        department_code=user.department_code,
        already_booked=read.already_booked,
        purse=read.purse,
    )


def _facts(
    booking: dict[str, Any], read: _Read, purse: Purse | None, code: CodeFacts | None, total: int
) -> list[dict[str, Any]]:
    """The outbox rows of a booking, in the order in which they happened."""
    state = state_of(
        booking=SimpleNamespace(**booking, cancellation_date=None, cancellation_reason=None),
        stock=read.stock,
        offer=read.offer,
        venue=read.venue,
        offerer=read.offerer,
        user=read.user,
        code=code,
    )
    rows = [outbox_row(BOOKING, "created", state)]
    if booking["status"] == BookingStatus.USED:
        rows.append(outbox_row(BOOKING, "used", state))
    inventory = Inventory(
        id=booking["stock_id"],
        offer_id=booking["offer_id"],
        quantity=read.quantity,
        booked_quantity=read.booked_quantity + booking["quantity"],
    )
    rows.append(outbox_row(INVENTORY, "changed", inventory))
    if purse is not None and total > 0:
        wallet = Wallet(
            id=purse.id,
            user_id=booking["user_id"],
            credit_cents=purse.granted_cents,
            spent_cents=purse.spent_cents + total,
            replaces_id=purse.replaces_id,
            carried_cents=purse.carried_cents,
        )
        rows.append(outbox_row(WALLET, "changed", wallet))
    return rows
