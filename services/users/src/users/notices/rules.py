"""Which messages there are, by which channel they go, and what each one says. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Channel = Literal["email", "sms"]


@dataclass(frozen=True)
class Kind:
    """A message: its channel and the names of its parameters (users rules: e-mails and SMS)."""

    channel: Channel
    parameters: frozenset[str] = frozenset()


def _mail(*parameters: str) -> Kind:
    return Kind("email", frozenset(parameters))


_EMAIL_CHANGE = ("FIRSTNAME", "EXPIRATION_DELAY")
_UBBLE = ("unreadable_document", "information", "foreign_document", "invalid_document", "not_authentic_document")

KINDS: dict[str, Kind] = {
    # Accounts of the app
    "email_confirmation": _mail("CONFIRMATION_LINK"),
    "email_already_exists": _mail("FIRSTNAME", "RESET_PASSWORD_LINK"),
    "new_password_request": _mail("FIRSTNAME", "RESET_PASSWORD_LINK"),
    "new_password_request_for_suspicious_login": _mail("FIRSTNAME", "RESET_PASSWORD_LINK"),
    "suspicious_login": _mail("LOCATION", "LOGIN_DATE", "LOGIN_TIME", "OS", "SOURCE", "ACCOUNT_SECURING_LINK"),
    "email_change_request": _mail(*_EMAIL_CHANGE, "CONFIRMATION_LINK", "CANCELLATION_LINK"),
    "email_change_confirmation": _mail(*_EMAIL_CHANGE, "CONFIRMATION_LINK"),
    "email_change_information": _mail("FIRSTNAME"),
    "email_change_cancellation": _mail("FIRSTNAME"),
    "user_request_delete_account_reception": _mail("FIRSTNAME"),
    "notification_before_deleting_suspended_account": _mail("FIRSTNAME"),
    "account_unsuspended": _mail(),
    "beneficiary_pre_anonymization": _mail(),
    "phone_validation_code": Kind("sms", frozenset({"CODE"})),
    # Credits and subscription
    "accepted_as_beneficiary_v3": _mail("CREDIT", "FORMATTED_CREDIT"),
    "recredit": _mail(),
    "birthday_age_17": _mail("DEPOSITS_COUNT"),
    "birthday_age_18_v3": _mail("DEPOSITS_COUNT", "CREDIT", "FORMATTED_CREDIT"),
    "bonus_granted": _mail(),
    "bonus_declined": _mail(),
    **{f"subscription_{name}_error": _mail() for name in _UBBLE},
    **{f"ubble_ko_reminder_{name}": _mail() for name in _UBBLE},
    "subscription_rejected_for_duplicate_beneficiary": _mail("DUPLICATE_BENEFICIARY_EMAIL"),
    "create_account_after_dms": _mail(),
    "complete_subscription_after_dms": _mail(),
    "pre_subscription_dms_error_to_beneficiary": _mail("DMS_ERRORS"),
    "fraud_duplicate_suspension": _mail("USER_LINK", "DUPLICATE_LINK"),
    "fraud_manual_review": _mail("USER_LINK"),
    # Requests that agents treat
    "update_request_accepted": _mail("DS_APPLICATION_NUMBER"),
    "update_request_refused": _mail("DS_APPLICATION_NUMBER"),
    "update_request_correction": _mail("DS_APPLICATION_NUMBER"),
    "personal_data_updated_from_backoffice": _mail("FIRSTNAME", "UPDATED_FIELD"),
    # Accounts of the portal
    "signup_email_confirmation_to_pro": _mail("EMAIL_VALIDATION_LINK"),
    "reset_password_to_pro": _mail("LIEN_NOUVEAU_MDP"),
    "reset_password_to_connected_pro": _mail("EVENT_DATE", "EVENT_HOUR"),
    "pro_email_change_request": _mail("NEW_EMAIL", "OLD_EMAIL"),
    "pro_email_change_confirmation": _mail("CONFIRMATION_LINK"),
    "pro_pre_anonymization": _mail(),
    "anonymization_confirmation": _mail(),
}


class UnknownNotice(ValueError):
    """No such message, or not the parameters that it has: a programming error."""


def channel_of(kind: str, parameters: set[str]) -> Channel:
    """The channel of a message that is asked for with these parameters."""
    known = KINDS.get(kind)
    if known is None:
        raise UnknownNotice(kind)
    if parameters != known.parameters:
        raise UnknownNotice(f"{kind} has {sorted(known.parameters)}, not {sorted(parameters)}")
    return known.channel
