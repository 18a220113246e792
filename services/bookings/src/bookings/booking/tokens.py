"""Counter-marks: what a person shows at the desk."""

from __future__ import annotations

import secrets

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ234567"
LENGTH = 6


def draw_token() -> str:
    """Six symbols that nobody can guess; whether they are free is for the database to say."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def qr_payload(token: str) -> str:
    """What the QR code of a ticket says."""
    return f"PASSCULTURE:v3;TOKEN:{token}"
