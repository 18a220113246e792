"""What may happen to an account. Each action tells `user.*`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import emit
from shared.database.locks import lock
from shared.errors import field_error, not_found
from shared.events.users import USER, User
from shared.geography import department_code
from users.accounts.models import Account, AccountAction
from users.accounts.queries import account_by_email, last_suspension
from users.accounts.rules import (
    Role,
    RoleConflict,
    SuspensionReason,
    add_role,
    check_roles,
    normalise_email,
    pro_roles,
    remove_role,
)
from users.identity.dms.adoption import adopt_orphans
from users.permissions.models import AgentAssignment
from users.replicas.models import AttachmentReplica
from users.sessions.actions import drop_portal_sessions, revoke_families

VALIDATED = "VALIDATED"
WAITING = ("NEW", "PENDING")
# No hash: no password ever matches.
UNUSABLE_HASH = "!"


def state_of(account: Account, suspension_reason: str | None = None) -> User:
    """The public state of an account, as other contexts may keep it."""
    return User(
        id=account.id,
        email=account.email,
        first_name=account.first_name or None,
        last_name=account.last_name or None,
        birth_date=account.birth_date,
        phone_number=account.phone_number,
        postal_code=account.postal_code,
        department_code=account.department_code,
        roles=list(account.roles),
        is_active=account.is_active,
        is_email_validated=account.is_email_validated,
        suspension_reason=suspension_reason,
        date_created=account.date_created,
    )


async def tell(session: AsyncSession, account: Account, fact: str) -> None:
    """Publish a fact about an account that this transaction wrote or locked."""
    reason = None
    if not account.is_active:
        last = await last_suspension(session, account.id)
        reason = last.reason.value if last and last.is_suspension and last.reason else None
    await emit(session, USER, fact, state_of(account, reason))


async def lock_account(session: AsyncSession, account_id: int) -> Account:
    """The account, locked until the transaction ends; 404 when there is none."""
    account = await session.scalar(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if account is None:
        raise not_found()
    return account


async def reserve_email(session: AsyncSession, email: str) -> Account | None:
    """Who has an address, in its stored form; None when it is free, and then until this transaction ends it is the
    caller's alone to take: other sign-ups and changes of address wait."""
    await lock(session, f"email.{email}")
    return await account_by_email(session, email)


async def create_account(
    session: AsyncSession,
    *,
    email: str,
    password_hash: str | None,
    roles: Iterable[Role] = (),
    postal_code: str | None = None,
    **values: Any,
) -> Account:
    """Open an account and tell `user.created`. The e-mail address must be free."""
    try:
        held = check_roles(roles)
    except RoleConflict as error:
        raise field_error("roles", "Ces rôles ne peuvent pas être réunis.") from error
    account = Account(
        email=normalise_email(email),
        password_hash=password_hash,
        roles=[role.value for role in held],
        postal_code=postal_code,
        department_code=department_code(postal_code) if postal_code else None,
        **{"date_created": clock.now(), "is_active": True, "is_email_validated": False, **values},
    )
    session.add(account)
    await session.flush()
    await tell(session, account, "created")
    return account


async def set_roles(session: AsyncSession, account: Account, roles: Iterable[Role]) -> bool:
    """Give a locked account these roles; tells `user.role_changed` when they differ."""
    try:
        wanted = [role.value for role in check_roles(roles)]
    except RoleConflict as error:
        raise field_error("roles", "Ces rôles ne peuvent pas être réunis.") from error
    if wanted == list(account.roles):
        return False
    account.roles = wanted
    await tell(session, account, "role_changed")
    return True


async def grant_role(session: AsyncSession, account: Account, role: Role) -> bool:
    """Add one role to a locked account, in the place of those that it replaces."""
    try:
        wanted = add_role(account.roles, role)
    except RoleConflict as error:
        raise field_error("roles", "Ces rôles ne peuvent pas être réunis.") from error
    return await set_roles(session, account, wanted)


async def follow_attachments(session: AsyncSession, user_id: int) -> bool:
    """Bring the pro role in line with the attachments known; False when nothing changed or nobody has that id."""
    account = await session.scalar(select(Account).where(Account.id == user_id).with_for_update(key_share=True))
    if account is None:
        return False
    statuses = set(
        await session.scalars(
            select(AttachmentReplica.validation_status).where(AttachmentReplica.user_id == user_id).distinct()
        )
    )
    roles = pro_roles(account.roles, validated=VALIDATED in statuses, waiting=not statuses.isdisjoint(WAITING))
    return await set_roles(session, account, roles)


async def suspend(
    session: AsyncSession,
    account_id: int,
    reason: SuspensionReason,
    *,
    author_id: int | None = None,
    comment: str | None = None,
) -> Account:
    """Close an account: no ADMIN role nor role of an agent, no portal session any more; tells `user.suspended`."""
    account = await lock_account(session, account_id)
    account.is_active = False
    account.roles = [role.value for role in remove_role(account.roles, Role.ADMIN)]
    session.add(
        AccountAction(
            account_id=account.id,
            author_id=author_id,
            type="USER_SUSPENDED",
            happened_at=clock.now(),
            reason=reason.value,
            comment=comment,
        )
    )
    await session.flush()
    await session.execute(delete(AgentAssignment).where(AgentAssignment.account_id == account.id))
    await drop_portal_sessions(session, account.id)
    if reason is SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER:
        # Whoever knows the password may be the thief.
        account.password_hash = UNUSABLE_HASH + secrets.token_hex(8)
        await revoke_families(session, account.id, "suspicious_login")
    await tell(session, account, "suspended")
    return account


async def unsuspend(
    session: AsyncSession, account_id: int, *, author_id: int | None = None, comment: str | None = None
) -> Account:
    """Open an account again; tells `user.unsuspended`."""
    account = await lock_account(session, account_id)
    account.is_active = True
    session.add(
        AccountAction(
            account_id=account.id,
            author_id=author_id,
            type="USER_UNSUSPENDED",
            happened_at=clock.now(),
            comment=comment,
        )
    )
    await tell(session, account, "unsuspended")
    return account


async def note_action(
    session: AsyncSession,
    account_id: int | None,
    kind: str,
    *,
    author_id: int | None = None,
    comment: str | None = None,
    **details: Any,
) -> None:
    """Write a line of an account's history, or of what agents do (None)."""
    session.add(
        AccountAction(
            account_id=account_id,
            author_id=author_id,
            type=kind,
            happened_at=clock.now(),
            details=details,
            comment=comment,
        )
    )
    await session.flush()


async def mark_email_validated(session: AsyncSession, account: Account) -> bool:
    """The holder of a locked account proved to read its address; tells `user.email_validated`, once."""
    if account.is_email_validated:
        return False
    account.is_email_validated = True
    await note_action(session, account.id, "USER_EMAIL_VALIDATED", author_id=account.id)
    await adopt_orphans(session, account.email)
    await tell(session, account, "email_validated")
    return True


def modified(old: Any, new: Any) -> dict[str, Any] | None:
    """How a field changed, for the history; None when it did not. Empty values are the same as none."""
    before, after = (None if value in ("", {}, []) else value for value in (old, new))
    return None if before == after else {"old_info": before, "new_info": after}


async def mark_tutorial_seen(session: AsyncSession, account_id: int) -> None:
    await session.execute(update(Account).where(Account.id == account_id).values(has_seen_pro_tutorials=True))


async def mark_rgs_seen(session: AsyncSession, account_id: int) -> None:
    await session.execute(update(Account).where(Account.id == account_id).values(has_seen_pro_rgs=True))
