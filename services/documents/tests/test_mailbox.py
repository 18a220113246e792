from __future__ import annotations

from typing import Any

import httpx
import pytest

from documents.app import create_app
from documents.factories import BookingFactory
from documents.settings import Settings
from shared.events.bookings import BOOKING


async def test_mails_are_listed_newest_first_and_found_by_recipient(client: httpx.AsyncClient, deliver: Any) -> None:
    for name in ("anna", "bob", "carla"):
        booking = BookingFactory.build(beneficiary__email=f"{name}@example.com", offer__booking_email=None)
        await deliver(BOOKING, "created", booking)
    everyone = (await client.get("/mailbox.json")).json()["mails"]
    assert [mail["recipient"] for mail in everyone] == ["carla@example.com", "bob@example.com", "anna@example.com"]
    [found] = (await client.get("/mailbox.json", params={"recipient": "BOB@"})).json()["mails"]
    assert found["recipient"] == "bob@example.com"
    assert (await client.get("/mailbox.json", params={"recipient": "%"})).json()["mails"] == []
    page = (await client.get("/mailbox", params={"recipient": "bob"})).text
    assert "bob@example.com" in page
    assert "anna@example.com" not in page


async def test_an_empty_mailbox_says_so(client: httpx.AsyncClient) -> None:
    assert "Aucun message" in (await client.get("/mailbox")).text


async def test_a_mail_opens_without_power(client: httpx.AsyncClient, deliver: Any) -> None:
    await deliver(BOOKING, "created", BookingFactory.build(offer__name="<img src=x onerror=alert(1)>"))
    [_, mail] = (await client.get("/mailbox.json")).json()["mails"]
    page = await client.get(f"/mailbox/{mail['id']}")
    assert "<img" not in page.text
    assert 'iframe sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    body = await client.get(f"/mailbox/{mail['id']}/html")
    assert "<img" not in body.text
    assert "sandbox" in body.headers["content-security-policy"]
    assert "allow-scripts" not in body.headers["content-security-policy"]
    assert (await client.get(f"/mailbox/{mail['id']}/text")).headers["content-type"].startswith("text/plain")


@pytest.mark.usefixtures("printing")
async def test_attachments_open(client: httpx.AsyncClient, deliver: Any) -> None:
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))
    [mail] = (await client.get("/mailbox.json")).json()["mails"]
    [file] = mail["attachments"]
    answer = await client.get(file["url"])
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert (await client.get(f"/mailbox/{mail['id']}/attachments/autre.pdf")).status_code == 404


@pytest.mark.parametrize("path", ["/mailbox/999", "/mailbox/999/html", "/mailbox/abc", "/mailbox/99999999999999999999"])
async def test_unknown_mails_are_refused(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in (400, 404)


@pytest.mark.parametrize(
    "query", ["recipient=%00", "limit=0", "limit=x", "recipient=" + "a" * 300, "kind=%F0%9F%8E%B8"]
)
async def test_odd_questions_are_no_accident(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/mailbox.json?{query}")).status_code in (200, 400)


def test_production_has_no_mailbox() -> None:
    app = create_app(Settings(environment="production", database_url="postgresql://a:b@127.0.0.1/c"))
    assert not [route for route in app.routes if "/mailbox" in getattr(route, "path", "")]
