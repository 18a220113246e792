"""What the rules of bookings say, a second time and as short as can be, for a test to compare the service with.

It knows nothing of how the service does it: no SQL, no events, no locks, and it imports nothing of the service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY, TWO_DAYS = timedelta(days=1), timedelta(hours=48)
HEIR = 100


@dataclass
class Item:
    """A stock: `described` is the partner's quantity, `codes` the activation codes left, None where there are none.

    What finance does not pay for `stays` with the deposit that paid it.
    """

    id: int
    offer: int
    price: int
    described: int | None
    beginning: datetime | None = None
    is_duo: bool = False
    is_digital: bool = False
    is_book: bool = False
    stays: bool = False
    codes: int | None = None
    burned: int = 0
    is_deleted: bool = False


@dataclass
class Life:
    """A booking: whose, of what, and how it stands."""

    user: int
    item: Item
    quantity: int
    created: datetime
    limit: datetime | None
    status: str
    wallet: int | None

    @property
    def cents(self) -> int:
        return self.item.price * self.quantity if self.status != "CANCELLED" else 0


@dataclass
class Model:
    """Three people with a deposit each (same identifiers), and what they booked, by the service's ids.

    A deposit may be replaced: the person's next one is HEIR more than theirs, `granted` then knows what it adds alone.
    """

    items: dict[int, Item]
    granted: dict[int, int]
    ends: datetime
    now: datetime = START
    suspended: set[int] = field(default_factory=set)
    lives: dict[int, Life] = field(default_factory=dict)

    def booked(self, item: Item) -> int:
        return sum(life.quantity for life in self.lives.values() if life.item is item and life.status != "CANCELLED")

    def capacity(self, item: Item) -> int | None:
        return None if item.described is None else max(item.described - item.burned, self.booked(item))

    def wallet_of(self, user: int) -> int:
        return user + HEIR if user + HEIR in self.granted else user

    def spent(self, wallet: int, *, digital: bool = False) -> int:
        lives = self.lives.values()
        return sum(life.cents for life in lives if life.wallet == wallet and (life.item.is_digital or not digital))

    def credit(self, wallet: int) -> int:
        """What a deposit gives: the rest of the one that it replaced too, whenever that is left."""
        former = max(0, self.granted[wallet - HEIR] - self.spent(wallet - HEIR)) if wallet > HEIR else 0
        return self.granted[wallet] + former

    def replace(self, user: int, cents: int) -> None:
        self.granted[user + HEIR] = cents
        for life in self.lives.values():
            if life.wallet == user and life.status in ("CONFIRMED", "USED") and not life.item.stays:
                life.wallet = user + HEIR

    def refusal(self, user: int, item: Item, quantity: int) -> str | None:
        capacity, total = self.capacity(item), item.price * quantity
        if user in self.suspended:
            return "inactive"
        if any(v.user == user and v.item.offer == item.offer and v.status != "CANCELLED" for v in self.lives.values()):
            return "already_booked"
        if quantity not in ((1, 2) if item.is_duo else (1,)):
            return "quantity"
        over = item.is_deleted or (item.beginning is not None and item.beginning <= self.now)
        if over or (capacity is not None and capacity - self.booked(item) < quantity):
            return "not_bookable"
        wallet = self.wallet_of(user)
        left = max(0, self.credit(wallet) - self.spent(wallet)) if self.now < self.ends else 0
        if total > left:
            return "credit"
        if item.is_digital and total > max(0, 100_00 - self.spent(wallet, digital=True)):
            return "digital_credit"
        return "no_activation_code" if item.codes == 0 else None

    def book(self, id_: int, user: int, item: Item, quantity: int) -> None:
        limit = None
        if item.beginning is not None:
            limit = max(min(item.beginning - TWO_DAYS, self.now + TWO_DAYS), self.now)
        status = "CONFIRMED" if item.codes is None else "USED"
        if item.codes is not None:
            item.codes -= 1
        wallet = self.wallet_of(user) if self.now < self.ends else None
        self.lives[id_] = Life(user, item, quantity, self.now, limit, status, wallet)

    def cancel(self, life: Life) -> None:
        life.item.burned += life.item.codes is not None
        life.status = "CANCELLED"

    def refusal_to_cancel(self, life: Life) -> str | None:
        if life.status in ("USED", "REIMBURSED"):
            return "already_used"
        is_late = life.status == "CONFIRMED" and life.limit is not None and life.limit <= self.now
        return "confirmed" if is_late else None

    def refusal_to_use(self, life: Life) -> str | None:
        settled = {"USED": "already_used", "REIMBURSED": "refunded", "CANCELLED": "cancelled"}.get(life.status)
        return settled or ("not_confirmed" if life.limit is not None and life.limit > self.now else None)

    def refusal_to_keep(self, life: Life) -> str | None:
        if life.item.codes is not None:
            return "has_activation_code"
        return {"CANCELLED": "cancelled", "REIMBURSED": "refunded", "CONFIRMED": "not_used"}.get(life.status)

    def reschedule(self, item: Item, beginning: datetime) -> None:
        item.beginning = beginning
        for life in self.lives.values():
            if life.item is item and life.status != "CANCELLED":
                life.limit = min(beginning, self.now + TWO_DAYS)
                if life.status == "USED" and beginning > self.now + TWO_DAYS:
                    life.status = "CONFIRMED"

    def delete(self, item: Item) -> None:
        item.is_deleted = True
        for life in self.lives.values():
            is_used_event = life.status == "USED" and item.beginning is not None
            if life.item is item and (life.status == "CONFIRMED" or is_used_event):
                self.cancel(life)

    def suspend(self, user: int, reason: str) -> None:
        self.suspended.add(user)
        for life in self.lives.values():
            is_late = life.limit is not None and life.limit <= self.now
            gone = {"FRAUD_RESELL_PASS": not is_late, "FRAUD_SUSPICION": life.item.beginning is None}.get(reason, False)
            if life.user == user and life.status == "CONFIRMED" and gone:
                self.cancel(life)

    def expire(self) -> None:
        midnight = self.now.replace(hour=0, minute=0)
        for life in self.lives.values():
            if life.item.is_book and life.status == "CONFIRMED" and life.created <= midnight - 10 * DAY:
                self.cancel(life)

    def use_past(self) -> None:
        for life in self.lives.values():
            beginning = life.item.beginning
            if life.status == "CONFIRMED" and beginning is not None and beginning < self.now - TWO_DAYS:
                life.status = "USED"


def fresh_model() -> Model:
    """Two dates of a concert, a book, a digital one with one activation code, another; credits that nearly suffice."""
    items = [
        Item(1, 1, 30_00, 2, START + 30 * DAY, is_duo=True),
        Item(2, 1, 0, None, START + 3 * DAY, is_duo=True),
        Item(3, 2, 12_00, 3, is_book=True),
        Item(4, 3, 60_00, 5, is_digital=True, codes=1),
        Item(5, 4, 55_00, 5, is_digital=True, stays=True),
    ]
    return Model({item.id: item for item in items}, {1: 150_00, 2: 150_00, 3: 65_00}, START + 60 * DAY)
