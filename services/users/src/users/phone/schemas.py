"""What the pages of the phone number read and answer."""

from __future__ import annotations

from shared.web import NativeRequest, Response, UtcDatetime


class SendPhoneValidationRequest(NativeRequest):
    phone_number: str


class ValidatePhoneNumberRequest(NativeRequest):
    code: str


class PhoneValidationRemainingAttemptsRequest(Response):
    """An answer, whatever its name in the contract says."""

    counter_reset_datetime: UtcDatetime | None = None
    remaining_attempts: int
