"""What is left of a person in messages to others and in bookings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

NOBODY = "Compte supprimé"
# Messages that tell somebody that they were erased: they leave all the same, and are forgotten whole.
LAST_WORDS = frozenset({"anonymization_confirmation"})
# Where messages hold people, one a line.
_LISTS = ("lines", "standing")
_BLANK: Mapping[str, Any] = {
    "user_first_name": "",
    "user_last_name": "",
    "user_name": NOBODY,
    "user_email": "",
    "user_phone_number": None,
}


class Nobody(Protocol):
    """What `users` says of somebody who was erased."""

    @property
    def email(self) -> str: ...

    @property
    def birth_date(self) -> date | None: ...

    @property
    def department_code(self) -> str | None: ...


def names_nobody(parameters: Mapping[str, Any], user_id: int) -> dict[str, Any]:
    """The parameters of a message to somebody else, without that person: neither name, address, number nor token."""
    cleaned = _without(parameters, user_id)
    for name in _LISTS:
        if name in cleaned:
            cleaned[name] = [_without(line, user_id) for line in cleaned[name]]
    return cleaned


def _without(said: Mapping[str, Any], user_id: int) -> dict[str, Any]:
    if said.get("user_id") != user_id:
        return dict(said)
    return {name: _BLANK.get(name, value) for name, value in said.items()} | (
        {"token": None} if "token" in said else {}
    )


def anonymous_holder(state: Mapping[str, Any], nobody: Nobody) -> dict[str, Any]:
    """A booking's state as `bookings` would tell it today: with what `users` says of its holder."""
    holder = {
        **state["beneficiary"],
        "email": nobody.email,
        "first_name": None,
        "last_name": None,
        "birth_date": nobody.birth_date.isoformat() if nobody.birth_date else None,
        "phone_number": None,
        "department_code": nobody.department_code,
    }
    return {**state, "beneficiary": holder}
