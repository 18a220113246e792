"""What sign-in, refresh and sign-out read and answer."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shared.web import NativeRequest, ProRequest, Response
from users.accounts.rules import AccountState
from users.sessions.actions import Device

# What a device says of itself is kept up to here.
DEVICE_TEXT = 255


class DeviceInfoV2(NativeRequest):
    device_id: str
    os: str | None = None
    source: str | None = None

    def device(self, location: str | None) -> Device:
        def short(text: str | None) -> str | None:
            return text[:DEVICE_TEXT] if text else None

        return Device(self.device_id[:DEVICE_TEXT], short(self.os), short(self.source), short(location))


class SigninRequest(NativeRequest):
    identifier: str
    password: str
    device_info: DeviceInfoV2 | None = None
    token: str | None = None


class SigninRequestV2(NativeRequest):
    identifier: str
    password: str
    device_info: DeviceInfoV2
    token: str | None = None


class SigninResponse(Response):
    access_token: str
    refresh_token: str
    account_state: AccountState


class SigninResponseV2(SigninResponse):
    pass


class RefreshResponse(Response):
    access_token: str


class RefreshRequestV2(NativeRequest):
    device_info: DeviceInfoV2


class RefreshResponseV2(Response):
    access_token: str
    refresh_token: str


class SignoutResponse(Response):
    """Nothing to say."""


class LoginUserBodyModel(ProRequest):
    identifier: str
    password: str
    captcha_token: str | None = None


class ExchangeRequest(NativeRequest):
    session: str = Field(min_length=1, max_length=200)


class ExchangeResponse(Response):
    token: str
    expires_in: int = Field(alias="expires_in")


class KeySetResponse(Response):
    keys: list[dict[str, Any]]


__all__ = [
    "DeviceInfoV2",
    "ExchangeRequest",
    "ExchangeResponse",
    "KeySetResponse",
    "LoginUserBodyModel",
    "RefreshRequestV2",
    "RefreshResponse",
    "RefreshResponseV2",
    "SigninRequest",
    "SigninRequestV2",
    "SigninResponse",
    "SigninResponseV2",
    "SignoutResponse",
]
