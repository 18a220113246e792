"""What this service asks of Ubble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from users.identity.ubble.rules import UbbleStatus, first_name_of, last_name_of


class UbbleConflict(Exception):
    """Ubble is already further with this identification than we know: read it again."""


class AssetExpired(Exception):
    """The signed address of a picture is too old: ask for a new one."""


@dataclass(frozen=True)
class Document:
    """The first document that was shown, as Ubble read it."""

    first_names: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    birth_date: date | None = None
    birth_place: str | None = None
    married_name: str | None = None
    gender: str | None = None
    number: str | None = None
    type: str | None = None
    front_image_url: str | None = None
    back_image_url: str | None = None


@dataclass(frozen=True)
class Identification:
    """An identification as it stands at Ubble. Instants are aware UTC."""

    id: str
    status: UbbleStatus
    created_at: datetime
    modified_at: datetime | None = None
    applicant_id: str | None = None
    external_applicant_id: str | None = None
    url: str | None = None
    response_codes: tuple[int, ...] = ()
    document: Document | None = None

    def content(self) -> dict[str, Any]:
        """What the record of the check keeps of it."""
        document = self.document or Document()
        said = {
            "identification_id": self.id,
            "identification_url": self.url,
            "applicant_id": self.applicant_id,
            "external_applicant_id": self.external_applicant_id,
            "status": self.status.value,
            "reason_codes": list(self.response_codes),
            "registration_datetime": self.created_at.isoformat(),
            "status_updated_at": self.modified_at.isoformat() if self.modified_at else None,
            "first_name": first_name_of(document.first_names, document.full_name),
            "last_name": last_name_of(document.last_name, document.first_names, document.full_name),
            "married_name": document.married_name,
            "birth_date": document.birth_date.isoformat() if document.birth_date else None,
            "birth_place": document.birth_place,
            "gender": {"M": "M.", "F": "Mme"}.get(document.gender or ""),
            "document_type": document.type,
            "id_document_number": document.number,
            "signed_image_front_url": document.front_image_url,
            "signed_image_back_url": document.back_image_url,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True)
class Picture:
    content: bytes
    content_type: str


class Ubble(Protocol):
    """Every method may raise `shared.outbound.PartnerError`."""

    async def start(self, name: str, *, redirect_url: str, webhook_url: str) -> Identification:
        """Open an identification; its `url` is where the person goes."""
        ...

    async def attempt(self, identification_id: str, *, redirect_url: str) -> str:
        """Let the person try again on the same identification: where they go. Raises `UbbleConflict`."""
        ...

    async def read(self, identification_id: str) -> Identification: ...

    async def pictures(self, identification_id: str) -> tuple[str | None, str | None]:
        """Fresh addresses of the document's front and back."""
        ...

    async def download(self, url: str) -> Picture:
        """One picture. Raises `AssetExpired`."""
        ...

    async def close(self) -> None: ...
