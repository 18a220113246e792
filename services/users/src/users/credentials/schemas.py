"""What the pages of passwords and of validated addresses read and answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.web import NativeRequest, ProRequest, Response, UtcDatetime
from users.sessions.schemas import DeviceInfoV2

# Its form is checked by `checked_form`, which also gives the form in which it is stored.
EmailText = Annotated[str, Field(json_schema_extra={"format": "email"})]
Written = Annotated[str, Field(min_length=1)]


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


class ResetPasswordBodyModel(ProRequest):
    email: EmailText
    token: Written


class NewPasswordBodyModel(ProRequest):
    new_password: Written
    token: Written


class CheckTokenBodyModel(ProRequest):
    token: Written


class ChangePasswordBodyModel(ProRequest):
    new_confirmation_password: str
    new_password: str
    old_password: str
