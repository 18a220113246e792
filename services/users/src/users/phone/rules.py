"""Phone numbers: which ones people may have. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

# Where a national number is looked for, in this order: overseas first, whose numbers look French too.
REGIONS = ("GP", "MQ", "GF", "RE", "PM", "YT", "BL", "MF", "WF", "PF", "NC", "FR")
COUNTRY_CODES = frozenset({33, 262, 508, 590, 594, 596, 681, 687, 689})
# Nobody's own phone: numbers that cost who calls them, or that belong to services.
_SERVICES = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
    }
)
# Longer than any number that people write.
MAX_WRITTEN = 40


class PhoneRefusal(StrEnum):
    """Why a number is not accepted, as the app is told."""

    INVALID = "INVALID_PHONE_NUMBER"
    COUNTRY = "INVALID_COUNTRY_CODE"


class InvalidPhone(Exception):
    """The number is not accepted; `refusal` says why, `is_blocked` that it is one of those that are."""

    def __init__(self, refusal: PhoneRefusal, *, is_blocked: bool = False) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.is_blocked = is_blocked


def parse_phone(written: str, blocked: frozenset[str] = frozenset()) -> str:
    """The E.164 form of a number as people write it; raises `InvalidPhone` (users rules: phone validation)."""
    parsed = _parsed(written)
    if parsed is None:
        raise InvalidPhone(PhoneRefusal.INVALID)
    number = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    if number in blocked:
        raise InvalidPhone(PhoneRefusal.INVALID, is_blocked=True)
    if parsed.country_code not in COUNTRY_CODES:
        raise InvalidPhone(PhoneRefusal.COUNTRY)
    if phonenumbers.number_type(parsed) in _SERVICES:
        raise InvalidPhone(PhoneRefusal.INVALID)
    return number


def _parsed(written: str) -> PhoneNumber | None:
    if len(written) > MAX_WRITTEN or not written.isascii():
        return None
    for region in REGIONS:
        try:
            parsed = phonenumbers.parse(written, region)
        except NumberParseException:
            continue
        if parsed.extension is None and phonenumbers.is_valid_number(parsed):
            return parsed
    return None


class CodeRefusal(StrEnum):
    """Why no code is sent, or none is accepted."""

    TOO_MANY_SMS = "TOO_MANY_SMS_SENT"
    ALREADY_VALIDATED = "PHONE_NUMBER_ALREADY_VALIDATED"
    COUNTRY = "INVALID_COUNTRY_CODE"
    INVALID = "INVALID_PHONE_NUMBER"
    EXISTS = "PHONE_ALREADY_EXISTS"
    FAILURE = "CODE_SENDING_FAILURE"
    TOO_MANY_ATTEMPTS = "TOO_MANY_VALIDATION_ATTEMPTS"
    WRONG_CODE = "INVALID_VALIDATION_CODE"


@dataclass(frozen=True)
class Refused:
    """A refusal, and how many tries are left where that matters. Returned, not raised: what it recorded must last."""

    why: CodeRefusal
    remaining: int | None = None
