"""Facts that `users` publishes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from shared.events.envelope import Aggregate, Part, State
from shared.events.features import feature_aggregate

# The role of an account that is nobody's any more: its state names nobody, and whoever kept a name forgets it.
ANONYMIZED = "ANONYMIZED"
# The domain of their addresses, to which nothing is ever sent.
ANONYMOUS_DOMAIN = "anonymized.passculture"


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
    """A credit granted. `amount_cents` includes every recredit; `version` tells the generations of a type apart.

    `replaces_id`: the deposit of which this one takes over bookings and what is left, as `bookings` decides and tells
    (`wallet.changed`); the recredit PreviousDeposit then repeats what it told.
    """

    user_id: int
    type: str
    version: int
    amount_cents: int
    source: str
    date_created: datetime
    expiration_date: datetime | None
    recredits: list[Recredit]
    replaces_id: int | None = None


class Check(State):
    """A step of the subscription: what it is and how it stands, without what was declared or proven.

    `type`: profile_completion, honor_statement, phone_validation, ubble, educonnect, dms, qf_bonus_credit; `status`:
    started, pending, ok, ko, suspiscious (spelt so), canceled, error. `started` tells that a provider is asked, `completed`
    that a person's own step is done, `concluded` what came of it otherwise.
    """

    user_id: int
    type: str
    status: str
    eligibility_type: str | None
    reason_codes: list[str]
    date_created: datetime
    updated_at: datetime | None


NoticeParameter = str | int | bool | list[dict[str, str]] | None


class Notice(State):
    """A mail or an SMS that somebody shall get; `documents` renders and sends it, once for each event.

    `kind` is the message's name, in lower case; `recipient` an e-mail address or an E.164 number; `parameters` are
    the message's own, links and codes among them: whoever hears this sends it and keeps none of them.
    """

    kind: str
    channel: Literal["email", "sms"]
    recipient: str
    user_id: int | None
    parameters: dict[str, NoticeParameter]


USER = Aggregate(
    "users",
    "user",
    User,
    (
        "created",
        "email_validated",
        "email_changed",
        "profile_updated",
        "role_changed",
        "suspended",
        "unsuspended",
        "anonymized",
    ),
)
DEPOSIT = Aggregate("users", "deposit", Deposit, ("granted", "recredited", "expired"))

CHECK = Aggregate("users", "check", Check, ("started", "completed", "concluded"))

NOTICE = Aggregate("users", "notice", Notice, ("requested",))

FEATURE = feature_aggregate("users")
AGGREGATES = (USER, DEPOSIT, CHECK, NOTICE, FEATURE)
