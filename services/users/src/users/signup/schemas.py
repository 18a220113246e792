"""What a sign-up to the app or to the portal says."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.web import NativeRequest, ProRequest
from users.accounts.schemas import PersonName
from users.credentials.schemas import EmailText
from users.sessions.schemas import DeviceInfoV2

_DAY = len("2008-03-02")


def _as_day(value: Any) -> Any:
    """A day as text; a number is none, though pydantic would count seconds with it."""
    if not isinstance(value, str) or len(value) != _DAY:
        raise ValueError("Le format de date est invalide")
    return value


BirthDate = Annotated[date, BeforeValidator(_as_day)]
Identifier = Annotated[str, Field(max_length=255)]


class SignupOptions(NativeRequest):
    """What every sign-up to the app says. `appsFlyer…` come from versions of the app before the web one."""

    apps_flyer_platform: Identifier | None = None
    apps_flyer_user_id: Identifier | None = None
    birthdate: BirthDate
    firebase_pseudo_id: Identifier | None = None
    marketing_email_subscription: bool | None = None
    token: str
    trusted_device: DeviceInfoV2 | None = None

    def external_ids(self) -> dict[str, Any]:
        """How the measuring tools know this person."""
        found: dict[str, Any] = {}
        if self.apps_flyer_user_id and self.apps_flyer_platform:
            found["apps_flyer"] = {"user": self.apps_flyer_user_id, "platform": self.apps_flyer_platform.upper()}
        if self.firebase_pseudo_id:
            found["firebase_pseudo_id"] = self.firebase_pseudo_id
        return found


class AccountRequest(SignupOptions):
    email: str
    password: str


class ProUserCreationBodyV2Model(ProRequest):
    contact_ok: bool
    email: EmailText
    first_name: PersonName
    last_name: PersonName
    password: str
    phone_number: str | None = None
    token: str
