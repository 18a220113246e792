"""Test data. Objects are built straight in the tables; what should be told as events goes through the actions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import bcrypt
import factory
from argon2 import PasswordHasher

from shared import clock
from shared.database.factories import AsyncFactory
from users.accounts.models import DEFAULT_SUBSCRIPTIONS, Account, AccountAction
from users.accounts.rules import Role, SuspensionReason
from users.deposits.models import Deposit, Recredit
from users.deposits.rules import DepositType, RecreditType, expiration_date
from users.eligibility.rules import EligibilityType, birthday
from users.replicas.models import AttachmentReplica
from users.sso.models import SignOnLink
from users.subscription.checks import CheckStatus, CheckType
from users.subscription.models import SubscriptionCheck, SubscriptionReview

PASSWORD = "user@AZERTY123"
# The lowest cost: it is the tests' processor that pays.
_cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_hashes: dict[str, str] = {}


def cheap_hash(password: str = PASSWORD) -> str:
    """An Argon2 hash that costs nothing, the same one each time."""
    if password not in _hashes:
        _hashes[password] = _cheap.hash(password)
    return _hashes[password]


def bcrypt_hash(password: str = PASSWORD) -> str:
    """A hash as the former system left them, at the lowest cost."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def born(age: int, *, days: int = 100, today: date | None = None) -> date:
    """A birth date that gives this age today, reached so many days ago."""
    return birthday((today or clock.today()) - timedelta(days=days), -age)


class AccountFactory(AsyncFactory[Account]):
    class Meta:
        model = Account

    email = factory.Sequence(lambda n: f"personne{n}@example.com")
    password_hash = factory.LazyFunction(cheap_hash)
    is_active = True
    is_email_validated = True
    roles = factory.LazyFunction(list)
    first_name = "Jeanne"
    last_name = "Doux"
    postal_code = "93000"
    department_code = "93"
    date_created = factory.LazyFunction(lambda: datetime(2024, 1, 1, tzinfo=UTC))
    notification_subscriptions = factory.LazyFunction(lambda: dict(DEFAULT_SUBSCRIPTIONS))
    external_ids = factory.LazyFunction(dict)
    needs_to_fill_cultural_survey = True
    has_seen_pro_tutorials = False
    has_seen_pro_rgs = False


class YoungFactory(AccountFactory):
    """A young person of `age` years, 18 unless told."""

    class Params:
        age = 18

    date_of_birth = factory.LazyAttribute(lambda made: born(made.age))
    validated_birth_date = factory.LazyAttribute(lambda made: made.date_of_birth)
    phone_number = "+33601020304"


class BeneficiaryFactory(YoungFactory):
    """Somebody who has the credit of the 18 year-olds (the deposit is `DepositFactory`'s)."""

    roles = factory.LazyFunction(lambda: [Role.BENEFICIARY.value])
    phone_validation_status = "validated"


class PartnerFactory(AccountFactory):
    email = factory.Sequence(lambda n: f"partenaire{n}@example.com")
    roles = factory.LazyFunction(lambda: [Role.PRO.value])
    needs_to_fill_cultural_survey = False


class AdminFactory(AccountFactory):
    roles = factory.LazyFunction(lambda: [Role.ADMIN.value])


class SuspensionFactory(AsyncFactory[AccountAction]):
    class Meta:
        model = AccountAction

    type = "USER_SUSPENDED"
    happened_at = factory.LazyFunction(clock.now)
    reason = SuspensionReason.FRAUD_SUSPICION.value
    details = factory.LazyFunction(dict)


class RecreditFactory(AsyncFactory[Recredit]):
    class Meta:
        model = Recredit

    type = RecreditType.RECREDIT_18.value
    amount_cents = 150_00
    date_created = factory.LazyFunction(clock.now)


class DepositFactory(AsyncFactory[Deposit]):
    """A credit of 300 € given at 18; needs `account_id` and, for the real expiry, `birth_date`."""

    class Meta:
        model = Deposit

    class Params:
        birth_date = None

    type = DepositType.GRANT_18.value
    version = 2
    amount_cents = 300_00
    source = "test"
    date_created = factory.LazyFunction(clock.now)
    recredits = factory.LazyFunction(list)

    @factory.lazy_attribute
    def expiration_date(self: Any) -> datetime:
        return expiration_date(self.birth_date) if self.birth_date else clock.now() + timedelta(days=365)


class CheckFactory(AsyncFactory[SubscriptionCheck]):
    class Meta:
        model = SubscriptionCheck

    type = CheckType.UBBLE.value
    status = CheckStatus.OK.value
    eligibility_type = EligibilityType.AGE17_18.value
    third_party_id = factory.LazyFunction(lambda: uuid4().hex)
    date_created = factory.LazyFunction(clock.now)
    registered_at = factory.LazyAttribute(lambda made: made.date_created)


class ReviewFactory(AsyncFactory[SubscriptionReview]):
    class Meta:
        model = SubscriptionReview

    verdict = "KO"
    date_reviewed = factory.LazyFunction(clock.now)


class SignOnLinkFactory(AsyncFactory[SignOnLink]):
    """Needs `account_id`: who is created without a password needs one in the same transaction."""

    class Meta:
        model = SignOnLink

    provider = "google"
    subject = factory.Sequence(lambda n: f"{10**20 + n}")
    date_created = factory.LazyFunction(clock.now)


class AttachmentFactory(AsyncFactory[AttachmentReplica]):
    class Meta:
        model = AttachmentReplica

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    offerer_id = 1
    validation_status = "VALIDATED"
