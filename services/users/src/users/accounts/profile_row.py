"""A profile as one row: everything that the app's profile page is made of, read by one statement.

The page is what the app asks for most. Told by the profile, seven statements and the objects around them were four fifths
of its cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.orm.instrumentation import manager_of_class

from shared import clock
from shared.identity import Principal
from users.accounts.models import Account, Achievement
from users.deposits.rules import DepositType, HeldDeposit, RecreditType, current_deposit
from users.eligibility.rules import EligibilityType
from users.features import flags
from users.settings import Settings
from users.subscription.checks import Candidate, Check, CheckStatus, CheckType, ReviewVerdict
from users.subscription.queries import candidate_from

_COLUMNS = tuple(column.key for column in Account.__table__.columns)
_NO_FAMILY = UUID(int=0)

READ: bytes = f"""
SELECT {", ".join(f"a.{name}" for name in _COLUMNS)},
  %(family)s::uuid IS NULL OR EXISTS (
    SELECT FROM token_family f WHERE f.id = %(family)s::uuid AND f.account_id = a.id AND f.revoked_at IS NULL
  ),
  (SELECT json_agg(json_build_array(d.id, d.type, d.amount_cents, d.date_created, d.expiration_date,
      ARRAY(SELECT r.type FROM recredit r WHERE r.deposit_id = d.id ORDER BY r.id)) ORDER BY d.id)
    FROM deposit d WHERE d.account_id = a.id),
  (SELECT json_agg(json_build_array(c.type, c.status, c.eligibility_type, c.registered_at, c.date_created, c.reason_codes,
      c.content -> 'city', c.content -> 'by_backoffice', c.id) ORDER BY c.id)
    FROM subscription_check c WHERE c.account_id = a.id),
  (SELECT r.verdict FROM subscription_review r WHERE r.account_id = a.id ORDER BY r.date_reviewed DESC, r.id DESC LIMIT 1),
  (SELECT json_agg(json_build_array(m.id, m.name, m.seen_date, m.unlocked_date) ORDER BY m.id)
    FROM achievement m WHERE m.account_id = a.id)
FROM account a WHERE a.id = %(id)s
""".encode()  # noqa: S608 - names of columns of our own


@dataclass(frozen=True)
class Profile:
    """What is known of a young person for the app's pages."""

    account: Account
    candidate: Candidate
    deposits: tuple[HeldDeposit, ...]
    achievements: tuple[Achievement, ...]

    @property
    def current_deposit(self) -> HeldDeposit | None:
        return current_deposit(self.deposits)


def family_of(principal: Principal) -> UUID | None:
    """The session that a token names, None when it names none; one that is no session's is nobody's."""
    if principal.session_id is None:
        return None
    try:
        return UUID(principal.session_id)
    except ValueError:
        return _NO_FAMILY


def is_signed_in(row: tuple[Any, ...]) -> bool:
    """Whether the session that was asked about lives, or none was."""
    return row[len(_COLUMNS)]


def profile_from(settings: Settings, row: tuple[Any, ...]) -> Profile:
    """The profile that a row of `READ` holds. Its account belongs to no database session."""
    values = iter(row)
    # As the ORM does it for what it loads: setting each attribute would cost more than reading the row.
    account: Account = manager_of_class(Account).new_instance()
    account.__dict__.update(zip(_COLUMNS, islice(values, len(_COLUMNS)), strict=True))
    _, deposits, checks, verdict, achievements = values
    held = tuple(map(_deposit, deposits or ()))
    on = flags.active
    candidate = candidate_from(
        account,
        held,
        [_check(*check) for check in checks or ()],
        ReviewVerdict(verdict) if verdict else None,
        flags=on,
        reform=settings.reform(on),
        now=clock.now(),
    )
    return Profile(account, candidate, held, tuple(_achievement(account.id, *found) for found in achievements or ()))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _deposit(columns: list[Any]) -> HeldDeposit:
    id_, type_, amount_cents, created, expires, recredits = columns
    return HeldDeposit(
        id=id_,
        type=DepositType(type_),
        amount_cents=amount_cents,
        date_created=datetime.fromisoformat(created),
        expiration_date=_moment(expires),
        recredits=tuple(map(RecreditType, recredits)),
    )


def _check(
    type_: str,
    status: str | None,
    eligibility: str | None,
    registered_at: str,
    created_at: str,
    reason_codes: list[str] | None,
    city: object,
    by_backoffice: object,
    id_: int,
) -> Check:
    return Check(
        type=CheckType(type_),
        status=CheckStatus(status) if status else None,
        eligibility=EligibilityType(eligibility) if eligibility else None,
        registered_at=datetime.fromisoformat(registered_at),
        created_at=datetime.fromisoformat(created_at),
        reason_codes=tuple(reason_codes or ()),
        has_city=bool(city),
        by_backoffice=bool(by_backoffice),
        id=id_,
    )


def _achievement(account_id: int, id_: int, name: str, seen: str | None, unlocked: str) -> Achievement:
    return Achievement(
        id=id_,
        account_id=account_id,
        name=name,
        seen_date=_moment(seen),
        unlocked_date=datetime.fromisoformat(unlocked),
    )
