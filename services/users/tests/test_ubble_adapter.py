"""Ubble's API as it was seen, against a server on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.outbound import PartnerNonsense, PartnerRefused, PartnerUnavailable
from shared.testing.partners import Canned, FakePartner
from users.identity.ubble.adapter import HttpUbble, ubble_for
from users.identity.ubble.port import AssetExpired, UbbleConflict
from users.identity.ubble.rules import UbbleStatus
from users.settings import Settings

ID = "idv_01je97fqt08dn6a687jcqnxd1b"
PAGE = "https://id.ubble.example.com/897cda39"


def recorded(**changes: Any) -> dict[str, Any]:
    """An identification in the shape that the API answers."""
    return {
        "_links": {
            "applicant": {"href": "https://api.ubble.example.com/v2/applicants/aplt_01"},
            "self": {"href": f"https://api.ubble.example.com/v2/identity-verifications/{ID}"},
            "verification_url": {"href": PAGE},
        },
        "applicant_id": "aplt_01",
        "created_on": "2024-12-04T16:19:09.766392Z",
        "modified_on": "2024-12-04T16:24:00.352312Z",
        "declared_data": {"name": "Zoé Lévy"},
        "documents": [],
        "id": ID,
        "redirect_url": "https://redirect.example.com",
        "response_codes": [],
        "status": "pending",
        "user_journey_id": "usj_01",
        "webhook_url": "https://webhook.example.com",
        **changes,
    }


DOCUMENT = {
    "back_image_signed_url": "https://assets.example.com/back_id.jpeg?X-Amz-Expires=600",
    "birth_date": "2008-10-02",
    "birth_place": "Paris",
    "document_expiry_date": "2035-03-25",
    "document_issuing_country": "FR",
    "document_number": "A12345678",
    "document_type": "ID",
    "first_names": "Zoé, Anne",
    "front_image_signed_url": "https://assets.example.com/front_id.jpeg?X-Amz-Expires=600",
    "full_name": "Zoé Anne LÉVY",
    "gender": "F",
    "last_name": "LÉVY",
    "nationality": "FR",
}


@pytest.fixture
async def server() -> AsyncIterator[FakePartner]:
    async with FakePartner() as running:
        yield running


@pytest.fixture
async def ubble(server: FakePartner, settings: Settings) -> AsyncIterator[HttpUbble]:
    changes = {"ubble_url": server.url, "ubble_client_id": "id", "ubble_client_secret": "secret"}
    made = ubble_for(Settings.model_validate({**settings.model_dump(), **changes}))
    yield made
    await made.close()


async def test_start(server: FakePartner, ubble: HttpUbble) -> None:
    server.answers.append(Canned.json(recorded()))
    found = await ubble.start("Zoé Lévy", redirect_url="https://r", webhook_url="https://w")
    assert (found.id, found.url, found.status) == (ID, PAGE, UbbleStatus.PENDING)
    assert found.created_at == datetime(2024, 12, 4, 16, 19, 9, 766392, UTC)
    (asked,) = server.requests
    assert (asked.method, asked.target) == ("POST", "/v2/create-and-start-idv")
    assert asked.headers["authorization"] == "Basic aWQ6c2VjcmV0"
    assert asked.json() == {
        "declared_data": {"name": "Zoé Lévy"},
        "redirect_url": "https://r",
        "webhook_url": "https://w",
    }


async def test_read_an_approved_one(server: FakePartner, ubble: HttpUbble) -> None:
    codes = [{"code": 10000, "summary": "approved"}]
    server.answers.append(Canned.json(recorded(status="approved", response_codes=codes, documents=[DOCUMENT])))
    found = await ubble.read(ID)
    assert server.requests[0].target == f"/v2/identity-verifications/{ID}"
    assert found.document is not None
    assert found.document.birth_date == date(2008, 10, 2)
    assert found.content() == {
        "identification_id": ID,
        "identification_url": PAGE,
        "applicant_id": "aplt_01",
        "status": "approved",
        "reason_codes": [10000],
        "registration_datetime": "2024-12-04T16:19:09.766392+00:00",
        "status_updated_at": "2024-12-04T16:24:00.352312+00:00",
        "first_name": "Zoé",
        "last_name": "LÉVY",
        "birth_date": "2008-10-02",
        "birth_place": "Paris",
        "gender": "Mme",
        "document_type": "ID",
        "id_document_number": "A12345678",
        "signed_image_front_url": DOCUMENT["front_image_signed_url"],
        "signed_image_back_url": DOCUMENT["back_image_signed_url"],
    }


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"full_name": "Zoé Anne Lévy"}, ("Zoé", "Anne Lévy")),
        ({"full_name": "Cher"}, ("Cher", None)),
        ({"full_name": ""}, (None, None)),
        ({"first_names": "Zoé", "last_name": None}, ("Zoé", None)),
    ],
)
async def test_names_in_every_form(
    server: FakePartner, ubble: HttpUbble, document: dict[str, Any], names: tuple[str | None, str | None]
) -> None:
    server.answers.append(Canned.json(recorded(status="approved", documents=[document])))
    content = (await ubble.read(ID)).content()
    assert (content.get("first_name"), content.get("last_name")) == names


async def test_nulls_in_place_of_lists(server: FakePartner, ubble: HttpUbble) -> None:
    server.answers.append(Canned.json(recorded(documents=None, response_codes=None, _links=None)))
    found = await ubble.read(ID)
    assert (found.document, found.response_codes, found.url) == (None, (), None)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"id": "idv_1", "status": "new", "created_on": "2024-12-04T16:19:09Z"}']
)
async def test_another_shape(server: FakePartner, ubble: HttpUbble, body: bytes) -> None:
    server.answers.append(Canned(200, body))
    with pytest.raises(PartnerNonsense):
        await ubble.read(ID)


async def test_an_attempt(server: FakePartner, ubble: HttpUbble) -> None:
    said = {"_links": {"verification_url": {"href": PAGE}}, "id": "iatp_01", "status": "pending_redirection"}
    server.answers.append(Canned.json(said, 201))
    assert await ubble.attempt(ID, redirect_url="https://r") == PAGE
    assert server.requests[0].target == f"/v2/identity-verifications/{ID}/attempts"


async def test_refusals(server: FakePartner, ubble: HttpUbble) -> None:
    server.answers += [Canned(409), Canned(404), Canned(401), Canned(500)]
    with pytest.raises(UbbleConflict):
        await ubble.attempt(ID, redirect_url="https://r")
    with pytest.raises(PartnerRefused):
        await ubble.attempt(ID, redirect_url="https://r")
    with pytest.raises(PartnerRefused):
        await ubble.start("a", redirect_url="https://r", webhook_url="https://w")
    with pytest.raises(PartnerUnavailable):
        await ubble.start("a", redirect_url="https://r", webhook_url="https://w")
    assert len(server.requests) == 4


async def test_pictures(server: FakePartner, ubble: HttpUbble) -> None:
    def asset(kind: str) -> dict[str, Any]:
        return {"type": kind, "_links": {"asset_url": {"href": f"https://assets.example.com/{kind}"}}}

    server.answers += [
        Canned.json({"data": [{"id": "iatp_01"}, {"id": "iatp_02"}]}),
        Canned.json({"data": [asset("face_image"), asset("document_front_image"), {"type": "odd"}]}),
    ]
    assert await ubble.pictures(ID) == ("https://assets.example.com/document_front_image", None)
    assert server.requests[1].target == f"/v2/identity-verifications/{ID}/attempts/iatp_02/assets"


async def test_download(server: FakePartner, ubble: HttpUbble) -> None:
    server.answers += [Canned(200, b"\x89PNG", {"content-type": "image/png; x=y"}), Canned(403)]
    picture = await ubble.download(f"{server.url}/front")
    assert (picture.content, picture.content_type) == (b"\x89PNG", "image/png")
    assert "authorization" not in server.requests[0].headers
    with pytest.raises(AssetExpired):
        await ubble.download(f"{server.url}/front")


async def test_closed_in_production() -> None:
    closed = ubble_for(
        Settings.model_validate(
            {
                "environment": "production",
                "database_url": "postgresql://x",
                "key_encryption_secret": "not-the-local-one",
            }
        )
    )
    with pytest.raises(PartnerUnavailable, match="no address"):
        await closed.read(ID)
    await closed.close()
