"""Giving the credit to somebody whose subscription is complete (users rules: activation)."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.geography import department_code
from shared.money import french_price
from users.accounts.actions import lock_account, set_roles, tell
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.accounts.rules import Role, is_caledonian, is_postal_code, remove_role
from users.deposits.actions import grant_deposit
from users.deposits.models import Deposit
from users.deposits.rules import GrantRefused
from users.eligibility.rules import EligibilityType, eligibility_to_activate
from users.features import flags
from users.identity.content import ProvidedIdentity
from users.identity.duplicates import beneficiary_like, hold_identity, holder_of_id_number, holder_of_ine
from users.identity.suspicions import tell_of_duplicate
from users.notices.actions import request_notice
from users.settings import Settings
from users.subscription.actions import tell_check
from users.subscription.checks import Candidate, CheckStatus, registrations
from users.subscription.models import SubscriptionCheck
from users.subscription.rules import State, identity_check, subscription_state

log = structlog.get_logger(__name__)
FREE_SOURCE = "complétion du profil"
NAME_MAX, CITY_MAX = 128, 100


@dataclass(frozen=True)
class _Proof:
    """The check that proves an identity, and the identity."""

    check: SubscriptionCheck
    identity: ProvidedIdentity


async def try_activation(session: AsyncSession, settings: Settings, account_id: int) -> bool:
    """Give the credit when nothing is left to do, else change nothing; whether it was given.

    Called after every step. Locks the account; tells `deposit.*` and `user.*`, and asks for the mail. A closed account
    gets nothing: the attempt is made again when it is opened.
    """
    account = await lock_account(session, account_id)
    if not account.is_active:
        return False
    candidate = await candidate_for(session, settings, account)
    if subscription_state(candidate) is not State.COMPLETED:
        return False
    eligibility = eligibility_to_activate(
        candidate.person, registrations(candidate.checks), now=clock.now(), reform=candidate.reform
    )
    if eligibility is None:
        return False
    proof = await _proof_of(session, candidate)
    if proof is None and eligibility is not EligibilityType.FREE:
        return False
    if proof is not None and await _is_somebody_else(session, settings, account, proof):
        return False
    try:
        # What a refused grant wrote on its way is undone; the refusal itself is no failure.
        async with session.begin_nested():
            return await _activate(session, settings, account, eligibility, proof)
    except GrantRefused as refusal:
        log.info("activation.refused", account_id=account_id, eligibility=eligibility, reason=repr(refusal))
        await session.refresh(account)
        return False


async def _proof_of(session: AsyncSession, candidate: Candidate) -> _Proof | None:
    best = identity_check(candidate)
    if best is None or best.status is not CheckStatus.OK:
        return None
    row = await session.get(SubscriptionCheck, best.id)
    if row is None or not row.content:
        return None
    return _Proof(row, ProvidedIdentity.of(row.content))


async def _is_somebody_else(session: AsyncSession, settings: Settings, account: Account, proof: _Proof) -> bool:
    """Look for the same person once more, now that others may have come in: then the check is suspicious."""
    identity = proof.identity
    await hold_identity(session, identity)
    duplicate, code = await beneficiary_like(session, account.id, identity), "duplicate_user"
    if duplicate is None:
        duplicate, code = (
            await holder_of_id_number(session, account.id, identity.id_number),
            "duplicate_id_piece_number",
        )
    if duplicate is None:
        duplicate, code = await holder_of_ine(session, account.id, identity.ine_hash), "duplicate_ine"
    if duplicate is None:
        return False
    proof.check.status = CheckStatus.SUSPICIOUS.value
    proof.check.reason_codes = [*(proof.check.reason_codes or []), code]
    proof.check.reason = "cette personne a un autre compte"
    proof.check.updated_at = clock.now()
    await tell_check(session, proof.check)
    await tell_of_duplicate(session, settings, account, duplicate)
    return True


async def _activate(
    session: AsyncSession, settings: Settings, account: Account, eligibility: EligibilityType, proof: _Proof | None
) -> bool:
    source = FREE_SOURCE
    if proof is not None:
        if eligibility is not EligibilityType.FREE:
            source = f"dossier {proof.check.type} [{proof.check.third_party_id}]"
        await copy_identity(session, account, proof.identity)
    deposit = await grant_deposit(session, account.id, eligibility, source, reform=settings.reform(flags.active))
    if eligibility is not EligibilityType.FREE:
        await _mail(session, account, deposit)
    log.info("activation.done", account_id=account.id, eligibility=eligibility, deposit_id=deposit.id)
    return True


async def copy_identity(session: AsyncSession, account: Account, identity: ProvidedIdentity) -> None:
    """Write a proven identity on a locked account; tells `user.profile_updated`. An agent is none any more."""
    account.first_name = _cut(identity.first_name, NAME_MAX) or account.first_name
    account.last_name = _cut(identity.last_name, NAME_MAX) or account.last_name
    account.married_name = _cut(identity.married_name, NAME_MAX) or account.married_name
    account.validated_birth_date = account.validated_birth_date or identity.birth_date
    account.birth_place = identity.birth_place or account.birth_place
    account.civility = identity.civility if identity.civility in ("M.", "Mme") else account.civility
    account.id_piece_number = identity.id_number or account.id_piece_number
    account.ine_hash = identity.ine_hash or account.ine_hash
    account.activity = identity.activity or account.activity
    account.address = identity.address or account.address
    account.city = _cut(identity.city, CITY_MAX) or account.city
    if identity.postal_code and is_postal_code(identity.postal_code):
        account.postal_code = identity.postal_code
        account.department_code = department_code(identity.postal_code)
    await session.flush()
    if Role.ADMIN in account.roles:
        await set_roles(session, account, remove_role(account.roles, Role.ADMIN))
    await tell(session, account, "profile_updated")


def _cut(text: str | None, length: int) -> str | None:
    return text[:length] if text else None


async def _mail(session: AsyncSession, account: Account, deposit: Deposit) -> None:
    await request_notice(
        session,
        "accepted_as_beneficiary_v3",
        recipient=account.email,
        user_id=account.id,
        parameters={
            "CREDIT": deposit.amount_cents // 100,
            "FORMATTED_CREDIT": french_price(deposit.amount_cents, xpf=is_caledonian(account.postal_code)),
        },
    )
