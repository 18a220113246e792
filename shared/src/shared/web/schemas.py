"""Base classes of what the faces read and write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel


def _is_storable(text: str) -> bool:
    """PostgreSQL stores neither NUL characters nor halves of surrogate pairs, which JSON can spell."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _refuse_nul(value: Any) -> Any:
    """Refuse text that cannot be stored at the door, at any depth."""
    if isinstance(value, str):
        if not _is_storable(value):
            raise ValueError("caractère interdit")
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_nul(key)
            _refuse_nul(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_nul(item)
    return value


class _Request(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        return _refuse_nul(value)


class NativeRequest(_Request):
    """A body from the app: unknown keys are ignored, since old apps live long."""

    model_config = ConfigDict(extra="ignore")


class ProRequest(_Request):
    """A body from the portal: unknown keys are refused, strings are stripped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class PublicRequest(ProRequest):
    """A body from partners' software, as strict as the portal's."""


class Response(BaseModel):
    """What a face answers: camelCase on the wire, built by field name or from attributes."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, from_attributes=True, serialize_by_alias=True
    )


def _as_utc(value: datetime) -> datetime:
    """A moment without zone is UTC: the front-ends send both."""
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        # The first and last hours of the calendar exist in some zones and not in UTC.
        raise ValueError("Le format de date est invalide") from None


def _format_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


UtcDatetime = Annotated[
    datetime, AfterValidator(_as_utc), PlainSerializer(_format_utc, return_type=str, when_used="json")
]
"""An aware UTC moment, written with `Z`; one read without zone is taken as UTC."""

BIGINT_MAX = 2**63 - 1

Identifier = Annotated[int, Field(ge=1, le=BIGINT_MAX)]
"""An id from outside: never beyond what the database can hold."""


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("un nombre est attendu")
    return value


StrictInt = Annotated[int, BeforeValidator(_no_bool)]
"""An integer that a boolean does not pass for."""

BodyIdentifier = Annotated[StrictInt, Field(ge=1, le=BIGINT_MAX)]
"""An id in a body, where `true` is not 1."""
