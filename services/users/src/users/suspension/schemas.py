"""What the app reads of a closed account."""

from __future__ import annotations

from shared.web import NativeRequest, Response, UtcDatetime
from users.accounts.rules import AccountState


class SuspendAccountForSuspiciousLoginRequest(NativeRequest):
    token: str


class UserSuspensionDateResponse(Response):
    date: UtcDatetime | None = None


class UserSuspensionStatusResponse(Response):
    status: AccountState
