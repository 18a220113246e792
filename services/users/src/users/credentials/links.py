"""The links of mails: pages of the front-ends with a token."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from users.settings import Settings
from users.tokens.actions import Issued


def _app(settings: Settings, page: str, **query: str | int) -> str:
    return f"{settings.app_url.rstrip('/')}/{page}?{urlencode(query)}"


def email_validation_link(settings: Settings, token: Issued, email: str) -> str:
    return _app(
        settings,
        "signup-confirmation",
        token=token.secret,
        expiration_timestamp=token.expiration_timestamp,
        email=email,
    )


def reset_password_link(settings: Settings, token: Issued, email: str) -> str:
    return _app(
        settings,
        "mot-de-passe-perdu",
        token=token.secret,
        expiration_timestamp=token.expiration_timestamp,
        email=email,
    )


def account_securing_link(settings: Settings, suspension: Issued, reset: Issued, email: str) -> str:
    return _app(
        settings,
        "securisation-compte",
        token=suspension.secret,
        reset_password_token=reset.secret,
        reset_token_expiration_timestamp=reset.expiration_timestamp,
        email=email,
    )


def email_change_link(settings: Settings, page: str, token: Issued, **more: str) -> str:
    """`page`: `changement-email/confirmation`, `changement-email/validation` or `suspension-compte/confirmation`."""
    return _app(settings, page, token=token.secret, expiration_timestamp=token.expiration_timestamp, **more)


def portal_link(settings: Settings, page: str, token: Issued) -> str:
    """A page of the portal; `page` ends where the token goes: `inscription/compte/confirmation/`."""
    return f"{settings.portal_url.rstrip('/')}/{page}{quote(token.secret)}"
