"""Bookings against a model of them: whatever happens in whatever order, both tell the same and the laws hold.

`MODEL_EXAMPLES=5000` tries that many lives, other ones each time; without it the same 200 are tried.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
import uvloop
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg import AsyncConnection

from bookings.audit import broken_laws
from bookings.booking import actions, jobs
from bookings.booking.values import CancellationReason
from bookings.booking_list.queries import Reader
from bookings.desk.actions import DeskRefused, keep_booking, use_booking
from bookings.fact_factories import user_state
from bookings.factories import (
    ActivationCodeFactory,
    InventoryFactory,
    OffererFactory,
    OfferFactory,
    StockFactory,
    UserFactory,
    VenueFactory,
    WalletFactory,
)
from bookings.reference import DAY, HEIR, START, Item, Life, fresh_model
from bookings.settings import Settings
from bookings.worker import create_worker
from shared import clock
from shared.database import Database
from shared.events import REPLAYED
from shared.events.offers import STOCK
from shared.events.offers import Stock as StockState
from shared.events.users import DEPOSIT, USER, Deposit, Recredit
from shared.testing.databases import TestDatabase
from shared.testing.recorders import Delivery

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
STEPS = 20


_SEEDED = [
    "user_replica",
    "wallet",
    "offerer_replica",
    "venue_replica",
    "offer_replica",
    "stock_replica",
    "inventory",
    "activation_code",
]
_STATE = """
SELECT
  (SELECT coalesce(json_object_agg(id, json_build_array(user_id, stock_id, quantity, amount_cents, status,
    extract(epoch FROM cancellation_limit_date)::bigint, deposit_id)), '{}') FROM booking),
  (SELECT json_object_agg(id, json_build_array(quantity, booked_quantity)) FROM inventory),
  (SELECT json_object_agg(id, json_build_array(granted_cents, spent_cents, digital_spent_cents)) FROM wallet)
"""


class Service:
    """The real one on its database, its seed copied back before each life."""

    def __init__(self, database: Database, deliver: Delivery, connection: AsyncConnection) -> None:
        self.database = database
        self.deliver = deliver
        self.connection = connection
        empty = ("booking", "wallet_entry", "outbox", "inbox", *_SEEDED)
        self._reset = "; ".join(
            ["SET session_replication_role = replica"]  # the ledger refuses to be emptied
            + [f"DELETE FROM {table}" for table in empty]  # noqa: S608
            + [f"INSERT INTO {table} SELECT * FROM seed_{table}" for table in _SEEDED]  # noqa: S608
        )
        self._lives = 0

    @classmethod
    async def open(cls, settings_: Settings, superuser_url: str) -> Service:
        database = Database(settings_)
        await database.open()
        clock.set_frozen(START)
        model = fresh_model()
        async with database.transaction() as session:
            session.add_all([OffererFactory.build(id=1), VenueFactory.build(id=1, offerer_id=1)])
            kinds: list[dict[str, Any]] = [{}, {"thing": True}, {"digital": True}]
            kinds.append({"digital": True, "subcategory_id": "VOD"})
            session.add_all(OfferFactory.build(id=n, **kind) for n, kind in enumerate(kinds, 1))
            for item in model.items.values():
                days = {"beginning_datetime": item.beginning, "booking_limit_datetime": None}
                session.add(StockFactory.build(id=item.id, offer_id=item.offer, price_cents=item.price, **days))
                session.add(InventoryFactory.build(id=item.id, offer_id=item.offer, described_quantity=item.described))
                session.add_all(ActivationCodeFactory.build(stock_id=item.id) for _ in range(item.codes or 0))
            for user, cents in model.granted.items():
                session.add(UserFactory.build(id=user))
                session.add(WalletFactory.build(id=user, user_id=user, granted_cents=cents, expiration_date=model.ends))
        connection = await AsyncConnection.connect(superuser_url, autocommit=True)
        for table in _SEEDED:
            await connection.execute(f"CREATE TEMPORARY TABLE seed_{table} AS TABLE {table}")
        return cls(database, Delivery(database, create_worker(settings_).subscriptions), connection)

    async def close(self) -> None:
        await self.connection.close()
        await self.database.close()

    async def begin(self) -> None:
        """A new life: the seed and nothing else. Dead rows would slow the later ones down."""
        await self.connection.execute(self._reset)
        if self._lives % 25 == 0:
            await self.connection.execute("VACUUM ANALYZE booking, wallet_entry, outbox, inbox, " + ", ".join(_SEEDED))
        self._lives += 1

    async def state(self) -> list[dict[str, list[Any]]]:
        row = await (await self.connection.execute(_STATE)).fetchone()
        assert row is not None
        return list(row)

    async def laws(self) -> dict[str, Any]:
        async with self.database.transaction() as session:
            return await broken_laws(session)

    async def book(self, user: int, stock: int, quantity: int) -> int | str:
        """The id of the booking, or why not."""
        try:
            pool = self.database.pool
            return (await actions.book(pool, user_id=user, stock_id=stock, quantity=quantity)).id
        except actions.InactiveHolder:
            return "inactive"
        except actions.Refused as refused:
            return refused.refusal.value

    async def cancel(self, user: int, booking: int) -> str | None:
        try:
            async with self.database.transaction() as session:
                await actions.cancel_as_beneficiary(session, user_id=user, booking_id=booking)
        except actions.CancellationRefused as refused:
            return refused.refusal.value
        return None

    async def desk(self, verb: Any, booking: int) -> str | None:
        found = await (await self.connection.execute("SELECT token FROM booking WHERE id = %s", (booking,))).fetchone()
        assert found is not None
        try:
            async with self.database.transaction() as session:
                await verb(session, Reader(0, True), found[0])
        except DeskRefused as refused:
            return refused.refusal.value
        return None

    async def revoke(self, booking: int) -> None:
        async with self.database.transaction() as session:
            await actions.cancel_many(
                session,
                [booking],
                reason=CancellationReason.BACKOFFICE,
                still=lambda found: found.status in ("CONFIRMED", "USED"),
            )

    async def pay(self, booking: int) -> None:
        async with self.database.transaction() as session:
            await actions.reimburse_many(session, [booking])


USERS, ITEMS = st.sampled_from([1, 2, 3]), st.sampled_from([1, 2, 3, 4, 5])
ANY = st.integers(0, 19)
ACTS = st.lists(
    st.tuples(ANY, st.sampled_from(["use", "use", "keep", "keep", "pay", "pay", "revoke"])), min_size=1, max_size=6
)

# What the lives must have come upon, each at least once, for their agreement to mean something.
OUTCOMES = {
    *(("book", why) for why in (None, "already_booked", "quantity", "not_bookable", "credit", "digital_credit")),
    *(("book", why) for why in ("inactive", "no_activation_code")),
    *(("cancel", why) for why in (None, "already_used", "confirmed")),
    *(("use", why) for why in (None, "already_used", "refunded", "cancelled", "not_confirmed")),
    *(("keep", why) for why in (None, "cancelled", "refunded", "not_used", "has_activation_code")),
    *(("touched", how) for how in ("suspend", "delete", "expire", "reschedule", "use_past", "cancel", "replace")),
    ("moved", "left"),
    ("moved", "stayed"),
    ("moved", "refunded"),
}


class Comparison(RuleBasedStateMachine):
    """Does each thing to both, and compares what they say and how they stand."""

    service: Service
    run: Any
    seen: Counter[tuple[str, str | None]]

    def note(self, what: str, outcome: str | None) -> None:
        self.seen[what, outcome] += 1

    # Any rule may be left out of a whole life by Hypothesis: without these, most lives would hold no booking at all.
    @initialize(first=st.lists(st.tuples(USERS, ITEMS, st.sampled_from([1, 2])), min_size=3, max_size=8))
    def begin(self, first: list[tuple[int, int, int]]) -> None:
        self.model = fresh_model()
        self.versions = count(10)
        self.told: list[tuple[Any, str, Any, int, Any]] = []
        clock.set_frozen(START)
        self.run(self.service.begin())
        for user, stock, quantity in first:
            self.book(user, stock, quantity if self.model.items[stock].is_duo else 1)

    def cancelled(self, life: Life) -> None:
        """Note a refund on a deposit that was replaced."""
        if life.wallet is not None and life.wallet + HEIR in self.model.granted and life.cents:
            self.note("moved", "refunded")

    def change(self, what: str, *arguments: Any) -> None:
        """Let the model do it, noting whether any booking was touched."""
        before = [(life.status, life.limit, life.wallet) for life in self.model.lives.values()]
        getattr(self.model, what)(*arguments)
        if before != [(life.status, life.limit, life.wallet) for life in self.model.lives.values()]:
            self.note("touched", what)

    def tell(self, aggregate: Any, fact: str, state: Any) -> None:
        told = (aggregate, fact, state, next(self.versions), uuid4())
        self.told.append(told)
        assert self.deliver(*told)

    def deliver(self, aggregate: Any, fact: str, state: Any, version: int, event_id: Any) -> bool:
        delivery = self.service.deliver(aggregate, fact, state, version=version, event_id=event_id)
        return bool(self.run(delivery))

    def pick(self, number: int) -> tuple[int, Life]:
        return list(self.model.lives.items())[number % len(self.model.lives)]

    def has_lives(self) -> bool:
        return bool(self.model.lives)

    @rule(user=USERS, stock=ITEMS, quantity=st.sampled_from([1, 1, 1, 1, 2, 0]))
    def order(self, user: int, stock: int, quantity: int) -> None:
        self.book(user, stock, quantity)

    def book(self, user: int, stock: int, quantity: int) -> None:
        item = self.model.items[stock]
        expected = self.model.refusal(user, item, quantity)
        self.note("book", expected)
        got = self.run(self.service.book(user, stock, quantity))
        if expected is None:
            assert isinstance(got, int), got
            self.model.book(got, user, item, quantity)
        else:
            assert got == expected

    @precondition(has_lives)
    @rule(number=ANY)
    def cancel(self, number: int) -> None:
        id_, life = self.pick(number)
        expected = self.model.refusal_to_cancel(life)
        self.note("cancel", expected)
        assert self.run(self.service.cancel(life.user, id_)) == expected
        if expected is None and life.status != "CANCELLED":
            self.cancelled(life)
            self.model.cancel(life)

    @precondition(has_lives)
    @rule(acts=ACTS)
    def settle(self, acts: list[tuple[int, str]]) -> None:
        """What the desk and the office do, some of it in a row: one of these alone seldom finds what another left."""
        for number, how in acts:
            self.act(number, how)
            self.agree()

    def act(self, number: int, how: str) -> None:
        id_, life = self.pick(number)
        if how in ("use", "keep"):
            refusal = self.model.refusal_to_use if how == "use" else self.model.refusal_to_keep
            expected = refusal(life)
            self.note(how, expected)
            assert self.run(self.service.desk(use_booking if how == "use" else keep_booking, id_)) == expected
            if expected is None:
                life.status = "USED" if how == "use" else "CONFIRMED"
        elif how == "pay":
            self.run(self.service.pay(id_))
            life.status = "REIMBURSED" if life.status == "USED" else life.status
        else:
            self.run(self.service.revoke(id_))
            if life.status in ("CONFIRMED", "USED"):
                self.cancelled(life)
                self.change("cancel", life)

    @rule(hours=st.sampled_from([1, 50, 6 * 24, 11 * 24, 31 * 24]), jobs_run=st.booleans())
    def wait(self, hours: int, jobs_run: bool) -> None:
        self.model.now += timedelta(hours=hours)
        clock.set_frozen(self.model.now)
        if jobs_run:
            self.run(jobs.expire(self.service.database, batch=2))
            self.change("expire")
            self.run(jobs.use_past(self.service.database, batch=2))
            self.change("use_past")

    def described(self, item: Item, quantity: int | None, beginning: datetime | None) -> StockState:
        return StockState(
            id=item.id,
            offer_id=item.offer,
            price_cents=item.price,
            quantity=quantity,
            beginning_datetime=beginning,
            booking_limit_datetime=None,
            price_category_id=None,
            price_category_label=None,
            features=[],
            is_soft_deleted=item.is_deleted,
            has_activation_codes=item.codes is not None,
        )

    @rule(stock=ITEMS, quantity=st.sampled_from([0, 1, 2, 4, None]))
    def edit_stock(self, stock: int, quantity: int | None) -> None:
        item = self.model.items[stock]
        self.tell(STOCK, "updated", self.described(item, quantity, item.beginning))
        item.described = quantity

    @rule(stock=ITEMS, days=st.sampled_from([1, 3, 20]))
    def reschedule(self, stock: int, days: int) -> None:
        item = self.model.items[stock]
        if item.beginning is not None and not item.is_deleted:
            self.change("reschedule", item, self.model.now + days * DAY)
            self.tell(STOCK, "rescheduled", self.described(item, item.described, item.beginning))

    @rule(stock=ITEMS)
    def delete_stock(self, stock: int) -> None:
        item = self.model.items[stock]
        if not item.is_deleted:
            self.change("delete", item)
            self.tell(STOCK, "deleted", self.described(item, item.described, item.beginning))

    @rule(user=USERS, cents=st.sampled_from([0, 40_00, 150_00, 300_00]))
    def recredit(self, user: int, cents: int) -> None:
        self.tell(DEPOSIT, "recredited", self.deposit(user, cents))
        self.model.granted[user] = cents

    def deposit(self, id_: int, cents: int, *, carried: int = 0, ended: bool = False) -> Deposit:
        """The state of a deposit; the next one of a person repeats what it heard of the rest, be that old or wrong."""
        previous = [Recredit(type="PreviousDeposit", amount_cents=carried, date_created=START)]
        return Deposit(
            id=id_,
            user_id=id_ % HEIR,
            type="GRANT_17_18" if id_ > HEIR else "GRANT_15_17",
            version=1,
            amount_cents=cents + carried,
            source="test",
            date_created=START,
            expiration_date=self.model.now - timedelta(minutes=5) if ended else self.model.ends,
            recredits=previous if carried else [],
            replaces_id=id_ - HEIR if id_ > HEIR else None,
        )

    @rule(
        user=USERS,
        cents=st.sampled_from([0, 50_00, 150_00]),
        carried=st.sampled_from([0, 0, 30_00]),
        ended=st.sampled_from(["first", "last", "never"]),
    )
    def replace(self, user: int, cents: int, carried: int, ended: str) -> None:
        """A next deposit takes over, or is corrected; the end of the former one is heard before, after or not at all."""
        former = self.deposit(user, self.model.granted[user], ended=True)
        if ended == "first":
            self.tell(DEPOSIT, "expired", former)
        is_new = user + HEIR not in self.model.granted
        self.tell(DEPOSIT, "granted" if is_new else "recredited", self.deposit(user + HEIR, cents, carried=carried))
        if ended == "last":
            self.tell(DEPOSIT, "expired", former)
        self.change("replace", user, cents)
        if is_new:
            left = self.model.credit(user + HEIR) > cents
            self.note("moved", "left" if left else "nothing")
            self.note("moved", "stayed" if self.model.spent(user) else "all")

    @rule(user=USERS, reason=st.sampled_from(["FRAUD_RESELL_PASS", "FRAUD_SUSPICION", "END_OF_CONTRACT", None]))
    def suspend(self, user: int, reason: str | None) -> None:
        fact = "unsuspended" if reason is None else "suspended"
        state = user_state(user, is_active=reason is None, suspension_reason=reason, department_code="75")
        self.tell(USER, fact, state)
        if reason is None:
            self.model.suspended.discard(user)
        else:
            self.change("suspend", user, reason)

    @precondition(lambda self: bool(self.told))
    @rule(number=ANY, again=st.sampled_from(["same", "old", "replayed"]))
    def hear_again(self, number: int, again: str) -> None:
        """The same event once more; an old state that comes late; the newest one replayed: nothing may change."""
        aggregate, fact, state, version, event_id = self.told[number % len(self.told)]
        if again == "same":
            assert not self.deliver(aggregate, fact, state, version, event_id)
        elif again == "old":
            self.deliver(aggregate, REPLAYED, state, version, uuid4())
        else:
            newest = [told for told in self.told if told[0] is aggregate and told[2].id == state.id][-1]
            self.deliver(aggregate, REPLAYED, newest[2], next(self.versions), uuid4())

    @invariant()
    def agree(self) -> None:
        model = self.model
        bookings, inventories, wallets = self.run(self.service.state())
        assert bookings == {
            str(id_): [
                life.user,
                life.item.id,
                life.quantity,
                life.item.price,
                life.status,
                int(life.limit.timestamp()) if life.limit is not None else None,
                life.wallet,
            ]
            for id_, life in model.lives.items()
        }
        assert inventories == {
            str(item.id): [model.capacity(item), model.booked(item)] for item in model.items.values()
        }
        assert wallets == {
            str(wallet): [model.credit(wallet), model.spent(wallet), model.spent(wallet, digital=True)]
            for wallet in model.granted
        }
        assert self.run(self.service.laws()) == {}


@pytest.fixture
def service_and_runner(settings: Settings, test_database: TestDatabase) -> Iterator[tuple[Service, asyncio.Runner]]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        service = runner.run(Service.open(settings, test_database.superuser_url))
        yield service, runner
        runner.run(service.close())
    clock.set_frozen(None)
    test_database.empty()


def test_the_service_and_the_model_agree(service_and_runner: tuple[Service, asyncio.Runner]) -> None:
    service, runner = service_and_runner
    seen: Counter[tuple[str, str | None]] = Counter()
    machine = type("Machine", (Comparison,), {"service": service, "run": staticmethod(runner.run), "seen": seen})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES or 200,
            derandomize=not EXAMPLES,
            database=None,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    # Few random lives may well miss some; the fixed ones and thousands do not.
    missed = {outcome for outcome in OUTCOMES if seen[outcome] == 0 and not 0 < EXAMPLES < 1_000}
    assert not missed, f"these lives say nothing about {missed}: {seen}"
