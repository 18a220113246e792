"""What the pages of a change of address read and answer."""

from __future__ import annotations

from shared.web import NativeRequest, ProRequest, Response, UtcDatetime
from users.credentials.schemas import EmailText
from users.email_change.rules import Step
from users.sessions.schemas import DeviceInfoV2


class ChangeBeneficiaryEmailBody(NativeRequest):
    device_info: DeviceInfoV2 | None = None
    token: str


class ChangeBeneficiaryEmailResponse(Response):
    access_token: str
    refresh_token: str


class EmailChangeConfirmationResponse(Response):
    access_token: str
    new_email_selection_token: str
    refresh_token: str
    reset_password_token: str | None = None


class NewEmailSelectionRequest(NativeRequest):
    new_email: str
    token: str


class UpdateEmailTokenExpiration(Response):
    expiration: UtcDatetime | None = None


class EmailUpdateStatusResponse(Response):
    """The two tokens are told while the new address is to be chosen, so that any device of its holder can go on."""

    expired: bool
    has_recently_reset_password: bool
    new_email: str | None = None
    reset_password_token: str | None = None
    status: Step
    token: str | None = None


class UserResetEmailBodyModel(ProRequest):
    email: EmailText
    password: str


class ChangeProEmailBody(ProRequest):
    token: str


class UserEmailValidationResponseModel(Response):
    new_email: str | None = None
