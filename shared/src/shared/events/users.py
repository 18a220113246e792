"""Facts that `users` publishes."""

from __future__ import annotations

from datetime import date, datetime

from shared.events.envelope import Aggregate, Part, State


class User(State):
    """An account, of a young person, a partner or an agent."""

    email: str
    first_name: str | None
    last_name: str | None
    birth_date: date | None
    phone_number: str | None
    postal_code: str | None
    department_code: str | None
    roles: list[str]
    is_active: bool
    is_email_validated: bool
    suspension_reason: str | None = None
    date_created: datetime


class Recredit(Part):
    type: str
    amount_cents: int
    date_created: datetime


class Deposit(State):
    """A credit granted. `amount_cents` includes every recredit; `version` tells the generations of a type apart."""

    user_id: int
    type: str
    version: int
    amount_cents: int
    source: str
    date_created: datetime
    expiration_date: datetime | None
    recredits: list[Recredit]


USER = Aggregate(
    "users",
    "user",
    User,
    (
        "created",
        "email_validated",
        "profile_updated",
        "role_changed",
        "suspended",
        "unsuspended",
        "anonymized",
    ),
)
DEPOSIT = Aggregate("users", "deposit", Deposit, ("granted", "recredited", "expired"))

AGGREGATES = (USER, DEPOSIT)
