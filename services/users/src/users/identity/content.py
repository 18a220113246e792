"""What a provider said of a person, as the record of a check keeps it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from users.identity.rules import Names, normalise_id_number


@dataclass(frozen=True)
class ProvidedIdentity:
    """An identity that a provider vouches for. `id_number` is normalised; empty values are None."""

    first_name: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    married_name: str | None = None
    birth_place: str | None = None
    civility: str | None = None
    id_number: str | None = None
    ine_hash: str | None = None
    activity: str | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None

    @property
    def names(self) -> Names:
        return Names(self.first_name, self.last_name, self.married_name)

    @property
    def is_filled(self) -> bool:
        """Names and birth date are there."""
        return bool(self.first_name and self.last_name and self.birth_date)

    @classmethod
    def of(cls, content: dict[str, Any] | None) -> ProvidedIdentity:
        """Read a check's content, whichever provider wrote it."""
        said = content or {}

        def text(name: str) -> str | None:
            value = said.get(name)
            return value.strip() or None if isinstance(value, str) else None

        return cls(
            first_name=text("first_name"),
            last_name=text("last_name"),
            birth_date=_date(said.get("birth_date")),
            married_name=text("married_name"),
            birth_place=text("birth_place"),
            civility=text("civility") or text("gender"),
            id_number=normalise_id_number(text("id_document_number") or text("id_piece_number")),
            ine_hash=text("ine_hash"),
            activity=text("activity"),
            address=text("address"),
            city=text("city"),
            postal_code=text("postal_code"),
        )


def without_nul(value: Any) -> Any:
    """An answer without the NUL characters in it: PostgreSQL keeps none."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    return value


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None
