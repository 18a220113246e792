"""Data sets for development: bookings in every status, made as people make them. A second run adds nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking import actions
from bookings.booking.models import Booking
from bookings.booking.rules import BENEFICIARY_ROLES
from bookings.booking.values import CancellationReason, ValidationAuthor
from bookings.replicas.models import OffererReplica, OfferReplica, StockReplica, UserReplica, VenueReplica
from bookings.wallet.models import Wallet
from shared import clock
from shared.database import Database

log = structlog.get_logger(__name__)

WAIT_SECONDS = 60.0
POLL_SECONDS = 0.25
# So many polls without news from `offers` mean that it has told all that it had.
CALM_POLLS = 4
README_BENEFICIARY = "pctest.jeune93.has-booked-some.v2@example.com"
TINY = (
    README_BENEFICIARY,
    "pctest.jeune93.has-booked-some.v1@example.com",
    "pctest.jeune97.has-booked-some.v1@example.com",
    "pctest.jeune97.has-booked-some.v2@example.com",
    "pctest.jeune93.has-booked-some-but-deposit-expired.v2@example.com",
    "bene_17@example.com",
)
# Bookings of a data set stay cheap, so that their holders have credit left to play with.
CHEAP_CENTS = 15_00
# Offers of each kind that nobody here books, so that there is always something left for people.
LEFT_FOR_PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stock that may be booked, with what tells kinds apart."""

    stock_id: int
    offer_id: int
    price_cents: int
    beginning: datetime | None
    publication: datetime
    is_event: bool
    has_url: bool
    is_duo: bool
    has_codes: bool
    can_expire: bool
    subcategory_id: str


Kind = Callable[[Candidate, datetime], bool]


def future_event(item: Candidate, now: datetime) -> bool:
    return item.is_event and item.beginning is not None and item.beginning > now + timedelta(days=4)


def past_event(item: Candidate, now: datetime) -> bool:
    return item.is_event and item.beginning is not None and item.beginning < now - timedelta(days=3)


def thing(item: Candidate, now: datetime) -> bool:
    return not item.is_event and not item.has_url and item.can_expire and item.price_cents > 0


def coded(item: Candidate, now: datetime) -> bool:
    return item.has_url and item.has_codes


def card(item: Candidate, now: datetime) -> bool:
    return item.price_cents == 0 and item.subcategory_id in ("CARTE_MUSEE", "ABO_BIBLIOTHEQUE", "ABO_MEDIATHEQUE")


@dataclass(frozen=True, slots=True)
class Wish:
    """A booking to make: of what, how many days ago (or before the event), how it ended."""

    kind: Kind
    end: str = "confirmed"
    quantity: int = 1
    days_ago: int = 0


WISHES = (
    Wish(future_event),
    Wish(future_event, quantity=2),
    Wish(thing),
    Wish(thing, end="used", days_ago=4),
    Wish(coded),
    Wish(card),
    Wish(thing, end="cancelled"),
    Wish(future_event, end="cancelled by offerer"),
    Wish(thing, end="expired", days_ago=45),
    Wish(past_event, end="used by time", days_ago=6),
    Wish(thing, end="reimbursed", days_ago=20),
)


async def build(name: str, database: Database, *, wait_seconds: float = WAIT_SECONDS) -> None:
    """Build `tiny` or `industrial` once what it needs of users and offers has arrived."""
    await _wait(database, wait_seconds)
    made = 0
    async with database.transaction() as session:
        people = await _people(session, None if name == "industrial" else TINY)
        candidates = await _candidates(session)
    for index, person in enumerate(people):
        # Everybody starts elsewhere in the catalogue, so that bookings spread over it.
        turned = candidates[index:] + candidates[:index]
        made += await _fulfil(database, person, turned, spend_all="no-more-money" in person.email)
    log.info("sandbox.built", name=name, people=len(people), bookings=made)


async def _wait(database: Database, seconds: float) -> None:
    """Until the beneficiary of the README and something to book are known, and the news has calmed down."""
    deadline = time.monotonic() + seconds
    calm, before = 0, (-1, -1)
    while True:
        async with database.transaction() as session:
            known = await session.scalar(
                select(func.count())
                .select_from(Wallet)
                .join(UserReplica, UserReplica.id == Wallet.user_id)
                .where(UserReplica.email == README_BENEFICIARY)
            )
            bookable = len(await _candidates(session))
            heard = (
                await session.scalar(select(func.count()).select_from(StockReplica)) or 0,
                await session.scalar(select(func.count()).select_from(UserReplica)) or 0,
            )
        calm = calm + 1 if heard == before and known and bookable else 0
        before = heard
        if calm >= CALM_POLLS:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"after {seconds:.0f} s bookings knows {heard[1]} users and {heard[0]} stocks ({bookable} to book), "
                f"{'with' if known else 'without'} {README_BENEFICIARY}: build the sandboxes of users and offers first "
                "and let all workers run"
            )
        await asyncio.sleep(POLL_SECONDS)


async def _people(session: AsyncSession, emails: Iterable[str] | None) -> list[UserReplica]:
    """Active beneficiaries who never booked; the README's first, then in the order of their addresses."""
    never = ~select(Booking.id).where(Booking.user_id == UserReplica.id).exists()
    wanted = select(UserReplica).where(
        UserReplica.is_active, UserReplica.roles.overlap(sorted(BENEFICIARY_ROLES)), never
    )
    if emails is not None:
        wanted = wanted.where(UserReplica.email.in_(list(emails)))
    return list(await session.scalars(wanted.order_by(UserReplica.email != README_BENEFICIARY, UserReplica.email)))


async def _candidates(session: AsyncSession) -> list[Candidate]:
    """One released stock an offer, the cheap ones."""
    rows = await session.execute(
        select(StockReplica, OfferReplica)
        .join(OfferReplica, OfferReplica.id == StockReplica.offer_id)
        .join(VenueReplica, VenueReplica.id == OfferReplica.venue_id)
        .join(OffererReplica, OffererReplica.id == VenueReplica.offerer_id)
        .where(
            ~StockReplica.is_soft_deleted,
            StockReplica.price_cents <= CHEAP_CENTS,
            OfferReplica.validation == "APPROVED",
            OfferReplica.publication_datetime <= clock.now(),
            OffererReplica.is_active,
            OffererReplica.validation_status == "VALIDATED",
        )
        .order_by(StockReplica.id)
        .limit(5_000)
    )
    found: dict[int, Candidate] = {}
    for stock, offer in rows:
        if offer.publication_datetime is None or offer.id in found:
            continue
        found[offer.id] = Candidate(
            stock_id=stock.id,
            offer_id=offer.id,
            price_cents=stock.price_cents,
            beginning=stock.beginning_datetime,
            publication=offer.publication_datetime,
            is_event=offer.is_event,
            has_url=bool(offer.url),
            is_duo=offer.is_duo,
            has_codes=stock.has_activation_codes,
            can_expire=offer.can_expire,
            subcategory_id=offer.subcategory_id,
        )
    return list(found.values())


async def _fulfil(database: Database, person: UserReplica, candidates: list[Candidate], *, spend_all: bool) -> int:
    """Make a person's bookings; how many."""
    taken: set[int] = set()
    made = 0
    for wish in WISHES:
        now = clock.now()
        fitting = [item for item in candidates if wish.kind(item, now)]
        free = [item for item in fitting if item.offer_id not in taken and (wish.quantity == 1 or item.is_duo)]
        scarce = wish.kind in (coded, card, past_event)
        if len(free) <= (0 if scarce else LEFT_FOR_PEOPLE):
            continue
        for item in free[: 5 if not scarce else None]:
            if await _book(database, person, item, wish):
                taken.add(item.offer_id)
                made += 1
                break
    if spend_all:
        for item in sorted(candidates, key=lambda found: -found.price_cents):
            if item.price_cents > 0 and item.offer_id not in taken:
                made += await _book(database, person, item, Wish(thing))
    return made


async def _book(database: Database, person: UserReplica, item: Candidate, wish: Wish) -> bool:
    """Book as if it were then; False when the rules say no, which is no harm here."""
    now = clock.now()
    start = item.beginning if wish.kind is past_event and item.beginning is not None else now
    moment = start - timedelta(days=wish.days_ago)
    wallet_end = await _wallet_end(database, person.id)
    if wallet_end is not None and wallet_end <= moment:
        moment = wallet_end - timedelta(days=1)
    # An offer that was not out yet is booked when it came out, if that changes nothing else.
    if moment < item.publication:
        if wish.kind is past_event or wish.end == "expired" or (wallet_end is not None and wallet_end <= now):
            return False
        moment = item.publication
    try:
        if moment < now:
            clock.set_frozen(moment)
        booked = await actions.book(database.pool, user_id=person.id, stock_id=item.stock_id, quantity=wish.quantity)
    except actions.Refused:
        return False
    finally:
        clock.set_frozen(None)
    await _end(database, person.id, booked.id, wish.end)
    return True


async def _wallet_end(database: Database, user_id: int) -> datetime | None:
    async with database.transaction() as session:
        return await session.scalar(
            select(Wallet.expiration_date)
            .where(Wallet.user_id == user_id)
            .order_by(Wallet.expiration_date.desc().nulls_first())
            .limit(1)
        )


async def _end(database: Database, user_id: int, booking_id: int, end: str) -> None:
    """Bring a new booking to where the data set wants it."""

    def always(_booking: Booking) -> bool:
        return True

    async with database.transaction() as session:
        match end:
            case "used" | "used by time" | "reimbursed":
                author = ValidationAuthor.AUTO if end == "used by time" else ValidationAuthor.OFFERER
                await actions.use_many(session, [booking_id], author=author, still=always)
                if end == "reimbursed":
                    await actions.reimburse_many(session, [booking_id])
            case "cancelled":
                await actions.cancel_as_beneficiary(session, user_id=user_id, booking_id=booking_id)
            case "cancelled by offerer":
                await actions.cancel_many(session, [booking_id], reason=CancellationReason.OFFERER, still=always)
            case "expired":
                await actions.cancel_many(
                    session, [booking_id], reason=CancellationReason.EXPIRED, still=always, fact="expired"
                )
