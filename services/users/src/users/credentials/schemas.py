"""What the pages of passwords and of validated addresses read and answer."""

from __future__ import annotations

from shared.web import NativeRequest, Response, UtcDatetime
from users.sessions.schemas import DeviceInfoV2


class ChangePasswordRequest(NativeRequest):
    current_password: str
    new_password: str


class RequestPasswordResetRequest(NativeRequest):
    email: str
    token: str | None = None


class ResetPasswordRequest(NativeRequest):
    device_info: DeviceInfoV2 | None = None
    new_password: str
    reset_password_token: str


class ResetPasswordResponse(Response):
    access_token: str
    refresh_token: str


class ValidateEmailRequest(NativeRequest):
    device_info: DeviceInfoV2 | None = None
    email_validation_token: str


class ValidateEmailResponse(Response):
    access_token: str
    refresh_token: str


class ResendEmailValidationRequest(NativeRequest):
    email: str


class EmailValidationRemainingResendsResponse(Response):
    counter_reset_datetime: UtcDatetime | None = None
    remaining_resends: int
