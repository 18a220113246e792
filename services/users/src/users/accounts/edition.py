"""What a person may change of their own profile in the app (users rules: account and profile)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import code_error, field_error
from shared.geography import department_code
from users.accounts.actions import modified, note_action, tell
from users.accounts.models import DEFAULT_SUBSCRIPTIONS, Account
from users.accounts.rules import is_postal_code
from users.features.reference import INELIGIBLE_POSTAL_CODES
from users.phone.rules import InvalidPhone, PhoneRefusal, parse_phone
from users.settings import Settings

_PHONE_SENTENCES = {
    PhoneRefusal.INVALID: "Le numéro de téléphone n'est pas valide.",
    PhoneRefusal.COUNTRY: "L'indicatif de ce numéro n'est pas accepté.",
}


def checked_postal_code(written: str) -> str:
    """A postal code of five digits whose inhabitants may have the pass."""
    code = written.strip()
    if not is_postal_code(code):
        raise field_error("postalCode", "Le code postal doit avoir 5 chiffres.")
    if code in INELIGIBLE_POSTAL_CODES:
        raise code_error("INELIGIBLE_POSTAL_CODE", "Le pass Culture n'est pas disponible à cette adresse.")
    return code


def checked_phone(settings: Settings, written: str) -> str | None:
    """The number as it is stored; None for an empty one, which takes the number away."""
    if not written.strip():
        return None
    try:
        return parse_phone(written, settings.blocked_phone_numbers)
    except InvalidPhone as error:
        raise code_error(error.refusal.value, _PHONE_SENTENCES[error.refusal]) from error


def checked_portal_phone(settings: Settings, written: str) -> str:
    """The number as it is stored; the portal is told of a refusal by the field."""
    try:
        return parse_phone(written, settings.blocked_phone_numbers)
    except InvalidPhone as error:
        raise field_error("phoneNumber", _PHONE_SENTENCES[error.refusal]) from error


async def edit_profile(
    session: AsyncSession,
    account: Account,
    changes: dict[str, Any],
    *,
    subscriptions: dict[str, Any] | None = None,
    author_id: int | None = None,
) -> bool:
    """Change fields of a locked account, checked already; writes what changed into the history, if anything did.

    A new postal code brings its département, a new phone number has to be validated again.
    """
    if "postal_code" in changes:
        changes = {**changes, "department_code": department_code(changes["postal_code"])}
    history: dict[str, Any] = {}
    for field, value in changes.items():
        change = modified(getattr(account, field), value)
        if change is None:
            continue
        history[field] = change
        setattr(account, field, value)
    if "phone_number" in history:
        account.phone_validation_status = None
    if subscriptions is not None:
        former = {**DEFAULT_SUBSCRIPTIONS, **account.notification_subscriptions}
        wanted = {**former, **subscriptions}
        change = modified(former, wanted)
        if change is not None:
            history["notification_subscriptions"] = change
            account.notification_subscriptions = wanted
    if not history:
        return False
    await note_action(session, account.id, "INFO_MODIFIED", author_id=author_id, modified_info=history)
    await tell(session, account, "profile_updated")
    return True
