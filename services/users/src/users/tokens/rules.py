"""One-time tokens: their types and how long each lives. Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class TokenType(StrEnum):
    """What a token opens. A person has at most one of each type; a newer one ends the older."""

    EMAIL_VALIDATION = "email_validation"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - names of types, not secrets
    RECENTLY_RESET_PASSWORD = "recently_reset_password"  # noqa: S105
    UPDATE_EMAIL_CONFIRMATION = "update_email_confirmation"
    UPDATE_EMAIL_NEW_MAIL_SELECTION = "update_email_new_mail_selection"
    UPDATE_EMAIL_VALIDATION = "update_email_validation"
    PHONE_VALIDATION = "phone_validation"
    SUSPENSION_SUSPICIOUS_LOGIN = "suspension_suspicious_login"
    ACCOUNT_CREATION = "account_creation"
    OAUTH_STATE = "oauth_state"
    PASSWORDLESS_LOGIN = "passwordless_login"
    PRO_SIGNUP = "pro_signup"
    CONNECT_AS = "connect_as"
    DISCORD_OAUTH = "discord_oauth"


LIFETIMES = {
    TokenType.EMAIL_VALIDATION: timedelta(minutes=30),
    TokenType.RESET_PASSWORD: timedelta(hours=24),
    TokenType.RECENTLY_RESET_PASSWORD: timedelta(hours=24),
    TokenType.UPDATE_EMAIL_CONFIRMATION: timedelta(hours=24),
    TokenType.UPDATE_EMAIL_NEW_MAIL_SELECTION: timedelta(hours=24),
    TokenType.UPDATE_EMAIL_VALIDATION: timedelta(hours=24),
    TokenType.PHONE_VALIDATION: timedelta(hours=12),
    TokenType.SUSPENSION_SUSPICIOUS_LOGIN: timedelta(days=7),
    TokenType.ACCOUNT_CREATION: timedelta(hours=1),
    TokenType.OAUTH_STATE: timedelta(hours=1),
    TokenType.PASSWORDLESS_LOGIN: timedelta(hours=8),
    TokenType.PRO_SIGNUP: timedelta(hours=8),
    TokenType.CONNECT_AS: timedelta(seconds=30),
    TokenType.DISCORD_OAUTH: timedelta(hours=1),
}

CODE_DIGITS = 6
