"""A person's choice about cookies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from shared.web import ProRequest, StrictInt, UtcDatetime

CookieName = Annotated[str, Field(min_length=1, max_length=200)]
_ID_MAX = 2**63 - 1


def _once(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        raise ValueError("Un cookie ne peut être cité qu'une fois")
    return names


class Consent(ProRequest):
    """The cookies by what was decided; none twice, none without a name."""

    mandatory: list[CookieName] = Field(max_length=500)
    accepted: list[CookieName] = Field(max_length=500)
    refused: list[CookieName] = Field(max_length=500)

    @field_validator("mandatory", "accepted", "refused")
    @classmethod
    def _unique(cls, names: list[str]) -> list[str]:
        return _once(names)


class CookieConsentRequest(ProRequest):
    """Strict in the app too: an unknown key is refused."""

    choice_datetime: UtcDatetime
    consent: Consent
    device_id: str = Field(max_length=500)
    user_id: Annotated[StrictInt, Field(ge=1, le=_ID_MAX)] | None = None
