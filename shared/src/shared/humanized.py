"""Identifiers as the old links, QR codes and storage keys spell them: base 32 of the number's bytes.

The alphabet is RFC 4648's with `8` for `O` and `9` for `I`, and no padding. 1 is `AE`, 256 is `AEAA`.
"""

from __future__ import annotations

from base64 import b32decode, b32encode


def humanize(number: int) -> str:
    """The spelling of a positive identifier."""
    if number < 0:
        raise ValueError("identifiers are not negative")
    data = number.to_bytes(max(1, (number.bit_length() + 7) // 8))
    return b32encode(data).decode().rstrip("=").replace("O", "8").replace("I", "9")


def dehumanize(spelling: str) -> int | None:
    """The identifier spelled; None when this is no spelling of one."""
    text = spelling.replace("8", "O").replace("9", "I")
    try:
        data = b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        return None
    return int.from_bytes(data) if data else None
