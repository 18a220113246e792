"""How a service declares its flags: one enumeration, so that a misspelt name does not type-check.

class Flag(FeatureFlag):
    UPDATE_BOOKING_USED = on("Count past events as used", "Marquer les réservations passées comme utilisées")
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Declared:
    """What is known of a flag beforehand. `default` counts until the table says otherwise."""

    english: str
    french: str
    default: bool
    portal: bool = False


def on(english: str, french: str, *, portal: bool = False) -> Declared:
    """A flag that is on at first. `portal`: the partners' portal reads it too."""
    return Declared(english, french, True, portal)


def off(english: str, french: str, *, portal: bool = False) -> Declared:
    """A flag that is off at first."""
    return Declared(english, french, False, portal)


class FeatureFlag(Enum):
    """Base of a service's flags; a member's name is the flag's."""

    _value_: Declared

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        # Two members of one value would be one flag under two names.
        aliases = [name for name, member in cls.__members__.items() if member.name != name]
        if aliases:
            raise TypeError(f"described like another flag: {', '.join(aliases)}")

    @property
    def declared(self) -> Declared:
        return self._value_
