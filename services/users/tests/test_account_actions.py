"""What happens to accounts, what is told of it, and what other contexts' facts change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock as clock_module
from shared.database import Database
from shared.errors import ApiError
from shared.events.bookings import BOOKING, Booking
from shared.events.offers import ATTACHMENT, Attachment
from shared.identity import SigningKey, Verifier, sign
from shared.identity.verifier import DatabaseKeyStore
from shared.testing.recorders import ClockControl, Delivery, EventRecorder, Tokens
from users.accounts.actions import create_account, grant_role, lock_account, suspend, unsuspend
from users.accounts.models import Account, Achievement
from users.accounts.rules import Role, SuspensionReason
from users.commands import _accounts, _deposits
from users.factories import (
    AccountFactory,
    AdminFactory,
    DepositFactory,
    PartnerFactory,
    SuspensionFactory,
    YoungFactory,
)
from users.replicas.models import AttachmentReplica
from users.sessions.actions import purge
from users.sessions.keys import KeyBox, Keyring, KeyUnreadable, rotate_key
from users.sessions.models import AttemptCount, SigningKeyRow
from users.settings import Settings


async def test_creating_tells_the_whole_state(database: Database, events: EventRecorder) -> None:
    async with database.transaction() as session:
        account = await create_account(
            session,
            email=" Ana@Example.com ",
            password_hash="!",
            roles=[Role.NON_ATTACHED_PRO],
            postal_code="97150",
            first_name="Ana",
        )
    told = (await events.published("user.created"))[0]
    assert told["aggregate_id"] == account.id
    state = told["state"]
    assert (state["email"], state["department_code"], state["roles"]) == (
        "ana@example.com",
        "978",
        ["NON_ATTACHED_PRO"],
    )
    assert (state["is_active"], state["is_email_validated"], state["suspension_reason"]) == (True, False, None)


async def test_roles_that_exclude_each_other_are_refused(database: Database, session: AsyncSession) -> None:
    with pytest.raises(ApiError) as caught:
        async with database.transaction() as inside:
            await create_account(inside, email="a@b.fr", password_hash=None, roles=[Role.ADMIN, Role.BENEFICIARY])
    assert list(caught.value.body) == ["roles"]
    admin = await AdminFactory.create(session)
    await session.commit()
    with pytest.raises(ApiError):
        async with database.transaction() as inside:
            await grant_role(inside, await lock_account(inside, admin.id), Role.UNDERAGE_BENEFICIARY)


@pytest.mark.parametrize(
    "values",
    [
        {"roles": ["ADMIN", "BENEFICIARY"]},
        {"roles": ["PRO", "NON_ATTACHED_PRO"]},
        {"roles": ["KING"]},
        {"email": "Upper@example.com"},
        {"email": " space@example.com"},
    ],
)
async def test_the_database_keeps_the_rules_too(session: AsyncSession, values: dict[str, Any]) -> None:
    session.add(AccountFactory.build(**values))
    with pytest.raises(IntegrityError):
        await session.flush()


async def test_suspending_and_back(session: AsyncSession, database: Database, events: EventRecorder) -> None:
    account = await AdminFactory.create(session)
    await session.commit()
    async with database.transaction() as inside:
        await suspend(inside, account.id, SuspensionReason.FRAUD_HACK, author_id=7)
    told = (await events.published("user.suspended"))[0]["state"]
    assert (told["is_active"], told["suspension_reason"], told["roles"]) == (False, "hacking fraud", [])
    async with database.transaction() as inside:
        await unsuspend(inside, account.id)
    told = (await events.published("user.unsuspended"))[0]["state"]
    assert (told["is_active"], told["suspension_reason"]) == (True, None)


async def test_a_reported_sign_in_makes_the_password_useless(session: AsyncSession, database: Database) -> None:
    account = await YoungFactory.create(session)
    before = account.password_hash
    await session.commit()
    async with database.transaction() as inside:
        await suspend(inside, account.id, SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER)
    await session.refresh(account)
    assert account.password_hash not in (None, before)


async def test_suspending_nobody_is_404(database: Database) -> None:
    with pytest.raises(ApiError) as caught:
        async with database.transaction() as inside:
            await suspend(inside, 2**62, SuspensionReason.DELETED)
    assert caught.value.status == 404


def attachment(account: Account, status: str, *, id: int = 1, offerer_id: int = 1) -> Attachment:
    return Attachment(id=id, user_id=account.id, offerer_id=offerer_id, validation_status=status)


async def test_the_pro_role_follows_the_attachments(
    session: AsyncSession, deliver: Delivery, events: EventRecorder
) -> None:
    account = await PartnerFactory.create(session, roles=["NON_ATTACHED_PRO"])
    await session.commit()
    seen = []
    for fact, state in (
        ("created", attachment(account, "NEW")),
        ("validated", attachment(account, "VALIDATED")),
        ("created", attachment(account, "VALIDATED", id=2, offerer_id=2)),
        ("deleted", attachment(account, "DELETED")),
        ("deleted", attachment(account, "DELETED", id=2, offerer_id=2)),
    ):
        await deliver(ATTACHMENT, fact, state)
        await session.refresh(account)
        seen.append(account.roles)
    assert seen == [["NON_ATTACHED_PRO"], ["PRO"], ["PRO"], ["PRO"], ["NON_ATTACHED_PRO"]]
    assert await events.names() == ["user.role_changed"] * 2


async def test_older_news_of_an_attachment_change_nothing(session: AsyncSession, deliver: Delivery) -> None:
    account = await PartnerFactory.create(session, roles=["NON_ATTACHED_PRO"])
    await session.commit()
    await deliver(ATTACHMENT, "validated", attachment(account, "VALIDATED"), version=10)
    await deliver(ATTACHMENT, "created", attachment(account, "NEW"), version=5)
    await session.refresh(account)
    assert account.roles == ["PRO"]
    assert await session.scalar(select(AttachmentReplica.validation_status)) == "VALIDATED"


async def test_a_beneficiary_may_become_a_partner(session: AsyncSession, deliver: Delivery) -> None:
    account = await YoungFactory.create(session, roles=["BENEFICIARY"])
    await session.commit()
    await deliver(ATTACHMENT, "created", attachment(account, "NEW"))
    await session.refresh(account)
    assert account.roles == ["BENEFICIARY", "NON_ATTACHED_PRO"]


async def test_an_attachment_of_nobody_is_kept_for_later(session: AsyncSession, deliver: Delivery) -> None:
    await deliver(ATTACHMENT, "validated", Attachment(id=1, user_id=99, offerer_id=1, validation_status="VALIDATED"))
    assert await session.scalar(select(AttachmentReplica.user_id)) == 99


def booking(account_id: int, subcategory: str, status: str) -> Booking:
    traits = {"is_event": False, "is_online_only": False, "is_digital_deposit": False, "is_physical_deposit": True}
    traits |= {"can_expire": True, "is_bookable_by_underage_when_free": True}
    traits |= {"is_bookable_by_underage_when_not_free": True}
    return Booking.model_validate(
        {
            **dict.fromkeys(Booking.model_fields),
            "id": 12,
            "user_id": account_id,
            "stock_id": 1,
            "offer_id": 1,
            "venue_id": 1,
            "offerer_id": 1,
            "token": "ABCDEF",
            "status": status,
            "quantity": 1,
            "amount_cents": 0,
            "is_first_of_venue": False,
            "date_created": "2026-05-01T00:00:00Z",
            "beneficiary": {
                **dict.fromkeys(("first_name", "last_name", "birth_date", "phone_number", "department_code")),
                "id": account_id,
                "email": "a@b.fr",
            },
            "stock": {"id": 1, "beginning_datetime": None, "booking_limit_datetime": None, "features": []},
            "offer": {
                **dict.fromkeys(
                    ("product_id", "ean", "url", "image_url", "withdrawal_type", "withdrawal_delay",
                     "withdrawal_details", "booking_contact", "booking_email", "address")
                ),
                "id": 1,
                "name": "x",
                "is_duo": False,
                "subcategory": {"id": subcategory, "category_id": "X", "label": "x", **traits},
            },
            "venue": {"id": 1, "common_name": "x", "booking_email": None, "address": None},
            "offerer": {"id": 1, "name": "x", "siren": "1"},
        }
    )  # fmt: skip


async def test_first_bookings_unlock_achievements_once(session: AsyncSession, deliver: Delivery) -> None:
    account = await YoungFactory.create(session)
    await session.commit()
    await deliver(BOOKING, "created", booking(account.id, "LIVRE_PAPIER", "CONFIRMED"))
    assert list(await session.scalars(select(Achievement.name))) == []
    for _ in range(2):
        await deliver(BOOKING, "used", booking(account.id, "LIVRE_PAPIER", "USED"))
    await deliver(BOOKING, "created", booking(account.id, "CARTE_MUSEE", "USED"))
    await deliver(BOOKING, "used", booking(account.id, "ESCAPE_GAME", "USED"))
    await deliver(BOOKING, "used", booking(2**50, "LIVRE_PAPIER", "USED"))
    names = list(await session.scalars(select(Achievement.name).order_by(Achievement.id)))
    assert names == ["FIRST_BOOK_BOOKING", "FIRST_MUSEUM_BOOKING"]


async def test_replays_tell_every_state(session: AsyncSession) -> None:
    active, closed = await YoungFactory.create(session), await YoungFactory.create(session, is_active=False)
    await SuspensionFactory.create(session, account_id=closed.id, reason=SuspensionReason.DELETED.value)
    deposit = await DepositFactory.create(session, account_id=active.id)
    users = [state async for state in _accounts(session, 0, 10)]
    assert [(u.id, u.suspension_reason) for u in users] == [(active.id, None), (closed.id, "deleted")]
    assert [d.id async for d in _deposits(session, 0, 10)] == [deposit.id]
    assert [state async for state in _accounts(session, closed.id, 10)] == []


def test_keys_are_unreadable_without_the_secret(settings: Settings) -> None:
    key = SigningKey.generate()
    box = KeyBox(settings).close(key)
    assert key.private["d"].encode() not in box
    assert KeyBox(settings).open(key.kid, box) == key
    other = settings.model_copy(update={"key_encryption_secret": type(settings.key_encryption_secret)("other")})
    for stranger, kid in ((other, key.kid), (settings, "another")):
        with pytest.raises(KeyUnreadable):
            KeyBox(stranger).open(kid, box)


def test_production_has_no_default_secret(settings: Settings) -> None:
    given = {"environment": "production", "database_url": settings.database_url}
    with pytest.raises(ValueError, match="KEY_ENCRYPTION_SECRET"):
        Settings(**given)
    assert Settings(**given, key_encryption_secret="x" * 40).is_production  # type: ignore[arg-type]


async def test_a_new_key_is_published_before_it_signs(
    session: AsyncSession, database: Database, settings: Settings, tokens: Tokens, clock: ClockControl, app: Any
) -> None:
    clock.set(datetime.now(UTC))
    async with database.transaction() as inside:
        kid = await rotate_key(inside, settings)
    keyring = Keyring(settings, database, app.state.verifier)
    assert (await keyring.signer()).kid == tokens.key.kid
    published: Any = await keyring.document()
    assert {key["kid"] for key in published["keys"]} == {kid, tokens.key.kid}
    clock.advance(minutes=16)
    await keyring.load()
    assert (await keyring.signer()).kid == kid
    clock.advance(days=400)
    await keyring.load()
    published = await keyring.document()
    assert [key["kid"] for key in published["keys"]] == [kid]


async def test_tokens_of_the_old_and_of_the_new_key_are_believed_together(
    session: AsyncSession, database: Database, settings: Settings, tokens: Tokens, clock: ClockControl, app: Any
) -> None:
    """A rotation signs nobody out: a verifier elsewhere, which knows the published set alone, believes both."""
    clock.set(datetime.now(UTC))
    keyring = Keyring(settings, database, app.state.verifier)
    await keyring.load()

    async def signed() -> str:
        now = clock_module.now()
        key = await keyring.signer()
        return sign(key, kind="native", subject=7, issued_at=now, expires_at=now + timedelta(minutes=15))

    async with database.transaction() as inside:
        kid = await rotate_key(inside, settings)
    clock.advance(minutes=14)
    await keyring.load()
    old = await signed()
    clock.advance(minutes=2)
    await keyring.load()
    new = await signed()
    assert (await keyring.signer()).kid == kid
    elsewhere = DatabaseKeyStore(database)
    await elsewhere.save("users", orjson.dumps(await keyring.document()))
    verifier = Verifier({"users": "http://127.0.0.1:9", "offers": "http://127.0.0.1:9"}, elsewhere)
    assert old.split(".")[0] != new.split(".")[0]
    assert [(await verifier.verify(token)).id for token in (old, new)] == [7, 7]


async def test_the_first_start_makes_one_key(
    session: AsyncSession, database: Database, settings: Settings, app: Any
) -> None:
    await session.execute(SigningKeyRow.__table__.delete())
    await session.commit()
    rings = [Keyring(settings, database, app.state.verifier) for _ in range(3)]
    assert len({(await ring.signer()).kid for ring in rings}) == 1
    assert len(list(await session.scalars(select(SigningKeyRow)))) == 1


async def test_what_is_over_is_deleted(session: AsyncSession, database: Database) -> None:
    now = datetime.now(UTC)
    for number, end in enumerate((now - timedelta(seconds=1), now + timedelta(hours=1))):
        session.add(AttemptCount(key=bytes([number]), count=1, expires_at=end))
    await session.commit()
    async with database.transaction() as inside:
        counts = await purge(inside)
    assert counts["attempt_counts"] == 1
