"""What a password must be and which e-mail addresses may open an account. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from email_validator import EmailNotValidError, validate_email

PASSWORD_MIN, PASSWORD_MAX = 12, 72
EMAIL_MAX, LOCAL_MAX = 120, 64
_PUNCTUATION = frozenset(string.punctuation)
_ACCEPTED_ADDRESS = re.compile(r"[A-Za-z0-9+\-_.@]+")

WEAK_SENTENCE = (
    "Ton mot de passe doit contenir entre 12 et 72 caractères, dont une majuscule, une minuscule, un chiffre et un "
    "caractère spécial."
)


def is_strong(password: str) -> bool:
    """12 to 72 characters with a digit, a lower and an upper ASCII letter and ASCII punctuation (users rules: passwords)."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return False
    held = set(password)
    kinds = (string.digits, string.ascii_lowercase, string.ascii_uppercase, _PUNCTUATION)
    return all(not held.isdisjoint(kind) for kind in kinds)


def accepted_email(raw: str) -> str | None:
    """The stored form of an address that may open an account, None for one that may not.

    Trimmed and lower-case; only the characters that the users rules list, so that no look-alike of another alphabet,
    quote or address literal gets in. Dots and "+tags" are kept: they are other addresses.
    """
    email = raw.strip()
    if len(email) > EMAIL_MAX or len(email.partition("@")[0]) > LOCAL_MAX or not _ACCEPTED_ADDRESS.fullmatch(email):
        return None
    try:
        validate_email(email, check_deliverability=False, allow_smtputf8=False, allow_quoted_local=False)
    except EmailNotValidError:
        return None
    return email.lower()


def domains_of(email: str) -> Iterator[str]:
    """The domain of an address and those above it: `a.b.fr`, `b.fr`, `fr`."""
    labels = email.rpartition("@")[2].split(".")
    return (".".join(labels[first:]) for first in range(len(labels)))


def masked(email: str) -> str:
    """An address that its owner recognises and nobody else learns."""
    name, _, domain = email.rpartition("@")
    return f"{name[: 3 if len(name) > 3 else 1]}***@{domain}"
