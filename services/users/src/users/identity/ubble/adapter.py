"""Ubble's API v2 over HTTP: basic credentials and a client certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.outbound import Answer, Partner, PartnerNonsense, PartnerRefused
from users.identity.content import without_nul
from users.identity.settings import IdentitySettings
from users.identity.ubble.port import AssetExpired, Document, Identification, Picture, UbbleConflict
from users.identity.ubble.rules import UbbleStatus

_Model = TypeVar("_Model", bound=BaseModel)
PICTURE_MAX_BYTES = 20 * 1024 * 1024


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore")

    birth_date: date | None = None
    birth_place: str | None = None
    document_number: str | None = None
    document_type: str | None = None
    first_names: str | None = None
    full_name: str | None = None
    gender: str | None = None
    last_name: str | None = None
    married_name: str | None = None
    front_image_signed_url: str | None = None
    back_image_signed_url: str | None = None

    @field_validator("birth_date", mode="wrap")
    @classmethod
    def _unreadable_is_missing(cls, value: Any, read: Callable[[Any], date | None]) -> date | None:
        """A date that is none is a date that lacks: the person may try again."""
        try:
            return read(value)
        except ValueError:
            return None


class _Code(BaseModel):
    code: int


class _Identification(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    status: UbbleStatus
    created_on: datetime
    modified_on: datetime | None = None
    applicant_id: str | None = None
    external_applicant_id: str | None = None
    response_codes: list[_Code] = []
    documents: list[_Document] = []
    url: str | None = Field(None, validation_alias=AliasPath("_links", "verification_url", "href"))

    @field_validator("response_codes", "documents", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return value or []

    def read(self) -> Identification:
        first = self.documents[0] if self.documents else None
        return Identification(
            id=self.id,
            status=self.status,
            created_at=_utc(self.created_on),
            modified_at=_utc(self.modified_on) if self.modified_on else None,
            applicant_id=self.applicant_id,
            external_applicant_id=self.external_applicant_id,
            url=self.url,
            response_codes=tuple(code.code for code in self.response_codes),
            document=_document(first) if first else None,
        )


class _Attempt(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    url: str = Field(validation_alias=AliasPath("_links", "verification_url", "href"))


class _Asset(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str
    url: str = Field(validation_alias=AliasPath("_links", "asset_url", "href"))


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _document(said: _Document) -> Document:
    return Document(
        first_names=said.first_names,
        last_name=said.last_name,
        full_name=said.full_name,
        birth_date=said.birth_date,
        birth_place=said.birth_place,
        married_name=said.married_name,
        gender=said.gender,
        number=said.document_number,
        type=said.document_type,
        front_image_url=said.front_image_signed_url,
        back_image_url=said.back_image_signed_url,
    )


class HttpUbble:
    """The port over HTTP. Pictures lie elsewhere, at signed addresses that get no credentials."""

    def __init__(self, api: Partner, assets: Partner) -> None:
        self._api = api
        self._assets = assets

    async def start(self, name: str, *, redirect_url: str, webhook_url: str) -> Identification:
        body = {"declared_data": {"name": name}, "webhook_url": webhook_url, "redirect_url": redirect_url}
        answer = await self._api.call("POST", "/v2/create-and-start-idv", operation="start", json=body)
        return self._parsed(_Identification, answer, "start").read()

    async def attempt(self, identification_id: str, *, redirect_url: str) -> str:
        try:
            answer = await self._api.call(
                "POST",
                f"/v2/identity-verifications/{identification_id}/attempts",
                operation="attempt",
                json={"redirect_url": redirect_url},
            )
        except PartnerRefused as refused:
            if refused.status == httpx.codes.CONFLICT:
                raise UbbleConflict(identification_id) from refused
            raise
        return self._parsed(_Attempt, answer, "attempt").url

    async def read(self, identification_id: str) -> Identification:
        answer = await self._api.call("GET", f"/v2/identity-verifications/{identification_id}", operation="read")
        return self._parsed(_Identification, answer, "read").read()

    async def pictures(self, identification_id: str) -> tuple[str | None, str | None]:
        base = f"/v2/identity-verifications/{identification_id}/attempts"
        attempts = await self._list(base, "attempts")
        if not attempts:
            return None, None
        last = attempts[-1].get("id") if isinstance(attempts[-1], dict) else None
        found: dict[str, str] = {}
        for said in await self._list(f"{base}/{last}/assets", "assets"):
            try:
                asset = _Asset.model_validate(said)
            except ValidationError:
                continue
            found[asset.type] = asset.url
        return found.get("document_front_image"), found.get("document_back_image")

    async def download(self, url: str) -> Picture:
        try:
            answer = await self._assets.call("GET", url, operation="download", max_bytes=PICTURE_MAX_BYTES)
        except PartnerRefused as refused:
            if refused.status == httpx.codes.FORBIDDEN:
                raise AssetExpired(url.partition("?")[0]) from refused
            raise
        return Picture(answer.content, answer.headers.get("content-type", "application/octet-stream").split(";")[0])

    async def close(self) -> None:
        await self._api.close()
        await self._assets.close()

    async def _list(self, path: str, operation: str) -> list[Any]:
        answer = await self._api.call("GET", path, operation=operation)
        try:
            said = answer.json()
        except ValueError as error:
            raise PartnerNonsense(self._api.name, operation, "no JSON") from error
        data = said.get("data") if isinstance(said, dict) else said
        return data if isinstance(data, list) else []

    def _parsed(self, model: type[_Model], answer: Answer, operation: str) -> _Model:
        try:
            return model.model_validate(without_nul(answer.json()))
        except ValidationError as error:
            # The values are a person's: only where they are wrong is told.
            where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
            raise PartnerNonsense(self._api.name, operation, f"unexpected {where}") from None
        except ValueError:
            raise PartnerNonsense(self._api.name, operation, "no JSON") from None


def _tls(settings: IdentitySettings) -> ssl.SSLContext | None:
    if not settings.ubble_client_certificate:
        return None
    context = ssl.create_default_context()
    context.load_cert_chain(settings.ubble_client_certificate, settings.ubble_client_key.get_secret_value() or None)
    return context


def ubble_for(settings: IdentitySettings, transport: httpx.AsyncBaseTransport | None = None) -> HttpUbble:
    """Ubble as the settings have it; without an address every call says that it is away."""
    user, password = settings.ubble_client_id, settings.ubble_client_secret.get_secret_value()
    api = Partner(
        "ubble",
        settings.partner_url(settings.ubble_url, "ubble"),
        deadline=15.0,
        timeout=10.0,
        auth=(user, password) if user else None,
        tls=_tls(settings),
        transport=transport,
    )
    return HttpUbble(api, Partner("ubble-assets", "", deadline=30.0, timeout=20.0, transport=transport))


def public_key_of(settings: IdentitySettings) -> bytes | None:
    """The key that signs webhooks, in PEM: given whole or as a path; None when there is none."""
    given = settings.ubble_webhook_public_key
    if not given:
        return None
    return given.encode() if given.lstrip().startswith("-----BEGIN") else Path(given).read_bytes()
