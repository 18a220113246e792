"""Signing on by a provider: states, whose account it is, links between accounts and providers, new accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.errors import ApiError, field_error
from users.accounts.actions import create_account, lock_account, mark_email_validated, note_action, reserve_email
from users.accounts.models import DEFAULT_SUBSCRIPTIONS, Account
from users.accounts.queries import state_of_account
from users.accounts.rules import AccountState, normalise_email
from users.credentials.addresses import checked_form, refuse_blocked
from users.sessions.actions import (
    Device,
    RefreshGrant,
    drop_portal_sessions,
    forget_devices,
    note_connection,
    open_family,
    revoke_families,
    trust_device,
)
from users.settings import Settings
from users.sso.models import SignOnLink
from users.sso.rules import Proven, Provider
from users.suspension.reporting import report_suspicious_login
from users.tokens.actions import Issued, consume_token, end_tokens, issue_token, look_up
from users.tokens.rules import TokenType

_CLOSED = {
    AccountState.DELETED: ("SSO_ACCOUNT_DELETED", "Ce compte a été supprimé."),
    AccountState.ANONYMIZED: ("SSO_ACCOUNT_ANONYMIZED", "Ce compte a été anonymisé."),
}


@dataclass(frozen=True)
class SignedOn:
    """Who signed in, and the refresh token to sign for them."""

    account: Account
    state: AccountState
    grant: RefreshGrant


@dataclass(frozen=True)
class Unknown:
    """Nobody here has that address: with the token an account can be opened."""

    token: Issued
    email: str


def refused(code: str, sentence: str, status: int = 400) -> ApiError:
    return ApiError(status, {"code": code, "general": [sentence]})


def _browser(device_id: str | None) -> str | None:
    """How a state remembers the device that asked for it: by its hash."""
    return sha256(device_id.encode("utf-8", "surrogatepass")).hexdigest() if device_id else None


async def begin(session: AsyncSession, settings: Settings, device_id: str | None) -> Issued:
    """A state for one sign-on, by the device that asks (when it says which)."""
    return await issue_token(session, settings, TokenType.OAUTH_STATE, None, data={"device": _browser(device_id)})


async def take_state(session: AsyncSession, state: str, device_id: str | None) -> bool:
    """Use a state up; False when it is unknown, late, used, or was given to another device.

    What a stranger began cannot be ended in somebody's browser, who would then act in the stranger's account.
    """
    known = await consume_token(session, TokenType.OAUTH_STATE, state)
    if known is None:
        return False
    given_to = known.data.get("device")
    return given_to is None or given_to == _browser(device_id)


async def sign_on(
    session: AsyncSession, settings: Settings, proven: Proven, device: Device | None
) -> SignedOn | Unknown:
    """Sign in whom a provider proved (users rules: sign-on): by the link, else by the address, which is then linked."""
    account = await _account_of(session, proven)
    if account is None:
        return await _invite(session, settings, proven)
    state = await state_of_account(session, account)
    if state in _CLOSED:
        raise refused(*_CLOSED[state])
    await _link(session, account, proven.provider, proven.subject)
    if not account.is_email_validated:
        await _take_back(session, account)
    return await _enter(session, settings, account, state, device)


async def _account_of(session: AsyncSession, proven: Proven) -> Account | None:
    """Locked. Raises where the provider did not see that the person reads the address."""
    linked = await session.scalar(
        select(SignOnLink.account_id).where(
            SignOnLink.provider == proven.provider.value, SignOnLink.subject == proven.subject
        )
    )
    if (proven.email is not None and not proven.email_verified) or (proven.email is None and linked is None):
        raise refused("SSO_EMAIL_NOT_VALIDATED", "L'adresse e-mail de ce compte n'est pas validée.")
    if linked is not None:
        return await lock_account(session, linked)
    email = normalise_email(proven.email or "")
    holder = await reserve_email(session, email)
    account = await lock_account(session, holder.id) if holder else None
    # Its holder may have moved to another address while we waited.
    return account if account is not None and account.email == email else None


async def _invite(session: AsyncSession, settings: Settings, proven: Proven) -> Unknown:
    email = normalise_email(proven.email or "")
    data = {"provider": proven.provider.value, "subject": proven.subject, "email": email}
    return Unknown(await issue_token(session, settings, TokenType.ACCOUNT_CREATION, None, data=data), email)


async def _link(session: AsyncSession, account: Account, provider: Provider, subject: str) -> None:
    """Remember that a locked account is somebody of a provider; refused when it is somebody else already."""
    known = await session.scalar(
        select(SignOnLink.subject).where(SignOnLink.provider == provider.value, SignOnLink.account_id == account.id)
    )
    if known == subject:
        return
    if known is not None:
        raise refused(
            f"SSO_DUPLICATE_{provider.name}_ACCOUNT", "Un autre compte de ce fournisseur est déjà lié au compte pass."
        )
    try:
        async with session.begin_nested():
            session.add(
                SignOnLink(account_id=account.id, provider=provider.value, subject=subject, date_created=clock.now())
            )
    except IntegrityError as error:
        raise refused("SSO_INVALID_ACCOUNT_CREATION", "Ce compte est déjà lié à un compte pass.") from error
    await note_action(session, account.id, "SIGN_ON_LINKED", author_id=account.id, provider=provider.value)


async def _take_back(session: AsyncSession, account: Account) -> None:
    """Whoever opened this account never showed that they read its address; who signs on does, so it is theirs alone."""
    account.password_hash = None
    await revoke_families(session, account.id, "sign_on")
    await drop_portal_sessions(session, account.id)
    await end_tokens(session, account.id)
    await forget_devices(session, account.id)
    await mark_email_validated(session, account)


async def _enter(
    session: AsyncSession, settings: Settings, account: Account, state: AccountState, device: Device | None
) -> SignedOn:
    note_connection(account)
    grant = await open_family(session, settings, account, device)
    if not grant.is_trusted:
        await report_suspicious_login(session, settings, account, state, device)
    return SignedOn(account, state, grant)


async def open_account(
    session: AsyncSession,
    settings: Settings,
    provider: Provider,
    secret: str,
    *,
    birth_date: date,
    marketing_email: bool,
    external_ids: dict[str, Any],
    device: Device | None,
) -> SignedOn:
    """Open an account without a password for whom a provider proved; the token is used up with it.

    That an address is taken is told: to who reads it.
    """
    shown = await look_up(session, TokenType.ACCOUNT_CREATION, secret)
    if shown is None or shown.data.get("provider") != provider.value:
        raise refused("SSO_INVALID_ACCOUNT_CREATION", "Cette inscription n'est pas valide. Recommence la connexion.")
    used = await consume_token(session, TokenType.ACCOUNT_CREATION, secret)
    if used is None:
        raise refused(
            "SSO_ACCOUNT_CREATION_TIMEOUT", "Cette inscription a pris trop de temps. Recommence la connexion."
        )
    email = checked_form(used.data["email"], "email")
    await refuse_blocked(session, email, "email")
    if await reserve_email(session, email) is not None:
        raise field_error("email", "Un compte existe déjà avec cette adresse e-mail.")
    account = await create_account(
        session,
        email=email,
        password_hash=None,
        date_of_birth=birth_date,
        notification_subscriptions={**DEFAULT_SUBSCRIPTIONS, "marketing_email": marketing_email},
        external_ids=external_ids,
    )
    await _link(session, account, provider, used.data["subject"])
    await mark_email_validated(session, account)
    await trust_device(session, account.id, device)
    return await _enter(session, settings, account, AccountState.ACTIVE, device)
