"""Facts at which something is pushed, our own among them: whoever makes them needs to know nothing of campaigns."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.bookings import BOOKING, WALLET, Booking, Wallet
from shared.events.envelope import Event
from shared.events.subscribers import Subscribers
from shared.events.users import CHECK, DEPOSIT, USER, Check, Deposit, User
from users.accounts.queries import account_by_id
from users.accounts.rules import is_caledonian
from users.deposits.queries import deposits_of
from users.identity.rules import most_relevant
from users.push.actions import ask_description, ask_oblivion, tell_happened
from users.push.rules import activated, cancelled, check_failed, check_started, is_contact, recredited
from users.subscription.checks import IDENTITY_CHECKS, RESTARTABLE_CODES, CheckType

subscribers = Subscribers()
IDENTITY_TYPES = frozenset(kind.value for kind in IDENTITY_CHECKS)


@subscribers.on(USER, "created", "email_validated", "email_changed", "profile_updated", "role_changed", "unsuspended")
async def describe_person(event: Event[User], session: AsyncSession) -> None:
    if is_contact(event.state.roles, is_active=event.state.is_active):
        await ask_description(session, event.state.id)


@subscribers.on(USER, "anonymized")
async def forget_person(event: Event[User], session: AsyncSession) -> None:
    await ask_oblivion(session, event.state.id)


@subscribers.on(WALLET, "changed")
async def describe_credit(event: Event[Wallet], session: AsyncSession) -> None:
    await ask_description(session, event.state.user_id)


@subscribers.on(DEPOSIT, "granted")
async def push_activation(event: Event[Deposit], session: AsyncSession) -> None:
    happened = activated(event.state.type, event.state.amount_cents)
    await tell_happened(session, event.state.user_id, happened, str(event.id))
    await ask_description(session, event.state.user_id)


@subscribers.on(DEPOSIT, "recredited")
async def push_recredit(event: Event[Deposit], session: AsyncSession) -> None:
    deposit = event.state
    if not deposit.recredits:
        return
    last = max(deposit.recredits, key=lambda item: item.date_created)
    held = await deposits_of(session, deposit.user_id)
    happened = recredited(
        last.type,
        deposit.type,
        deposit.amount_cents,
        deposit.expiration_date,
        count=len(held),
        xpf=await _counts_in_francs(session, deposit.user_id),
    )
    if happened is not None:
        await tell_happened(session, deposit.user_id, happened, str(event.id))
    await ask_description(session, deposit.user_id)


async def _counts_in_francs(session: AsyncSession, user_id: int) -> bool:
    account = await account_by_id(session, user_id)
    return account is not None and is_caledonian(account.postal_code)


@subscribers.on(CHECK, "started")
async def push_start(event: Event[Check], session: AsyncSession) -> None:
    """Once a check, however its provider goes on."""
    if event.state.type in IDENTITY_TYPES:
        await tell_happened(session, event.state.user_id, check_started(event.state.type), str(event.state.id))


@subscribers.on(CHECK, "concluded")
async def push_failure(event: Event[Check], session: AsyncSession) -> None:
    """At an identification by Ubble that may be tried again."""
    codes = event.state.reason_codes
    code = most_relevant(codes)
    if event.state.type == CheckType.UBBLE.value and code is not None and RESTARTABLE_CODES.issuperset(codes):
        await tell_happened(session, event.state.user_id, check_failed(code), str(event.id))


@subscribers.on(BOOKING, "cancelled")
async def push_cancellation(event: Event[Booking], session: AsyncSession) -> None:
    happened = cancelled(event.state.amount_cents * event.state.quantity)
    if happened is not None:
        await tell_happened(session, event.state.user_id, happened, str(event.id))
