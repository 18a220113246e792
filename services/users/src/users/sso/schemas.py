"""What sign-on reads and answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.web import NativeRequest, Response
from users.sessions.schemas import DeviceInfoV2, SigninResponse, SigninResponseV2
from users.signup.schemas import SignupOptions

# Longer than any provider's code.
Code = Annotated[str, Field(min_length=1, max_length=2_048)]
OneTime = Annotated[str, Field(min_length=1, max_length=512)]


class OauthStateResponse(Response):
    oauth_state_token: str


class OauthStateResponseV2(OauthStateResponse):
    pass


class OAuthSigninRequest(NativeRequest):
    authorization_code: Code
    device_info: DeviceInfoV2 | None = None
    oauth_state_token: OneTime


class OAuthSigninRequestV2(NativeRequest):
    authorization_code: Code
    device_info: DeviceInfoV2
    oauth_state_token: OneTime


class SSOAccountRequest(SignupOptions):
    account_creation_token: OneTime


__all__ = [
    "OAuthSigninRequest",
    "OAuthSigninRequestV2",
    "OauthStateResponse",
    "OauthStateResponseV2",
    "SSOAccountRequest",
    "SigninResponse",
    "SigninResponseV2",
]
