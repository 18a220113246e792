"""A whole life on the platform, then nothing: an auditor looks for the person in every place that can hold a name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from local.platform import Platform
from tests.journeys.erased import in_broker, in_databases, in_files
from tests.journeys.newcomer import Newcomer, born, newcomer
from tests.journeys.operators import command
from tests.journeys.people import Caller, portal, shown, until
from tests.journeys.stage import booked, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]

PHONE = "+33698104417"
NEW_PHONE = "+33698104418"


@pytest_asyncio.fixture
async def partners(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """Who proves identities, played."""
    url = f"http://127.0.0.1:{platform.topology.api_port('users')}"
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as made:
        yield made


async def latest(mailbox: httpx.AsyncClient, recipient: str, **wanted: str) -> dict[str, Any]:
    """The newest message to somebody, once it is there."""

    async def there() -> dict[str, Any] | None:
        found = (await mailbox.get("/mailbox.json", params={"recipient": recipient, **wanted})).json()["mails"]
        return found[0] if found else None

    message = await until(there)
    assert message is not None
    return message


async def validates_a_number(person: Newcomer, mailbox: httpx.AsyncClient, number: str) -> None:
    await person.app.call("POST", "/native/v1/send_phone_validation_code", 204, json={"phoneNumber": number})
    text = await latest(mailbox, number.removeprefix("+"), channel="sms")
    code = text["text"].split()[0]
    assert len(code) == 6
    await person.app.call("POST", "/native/v1/validate_phone_number", 204, json={"code": code})


async def with_a_box_office(platform: Platform, partner: Caller, offer_id: int) -> None:
    """Have the partner told of bookings by mail, and wait until `bookings` knows where."""
    box_office = "billetterie@example.com"
    await partner.call("PATCH", f"/offers/{offer_id}", 200, json={"bookingEmail": box_office})
    address = platform.servers.addresses()["DATABASE_URL_BOOKINGS"]

    async def known() -> bool:
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT booking_email FROM offer_replica WHERE id = %s", (offer_id,)).fetchone()
        return row == (box_office,)

    await until(known)


async def lives(
    platform: Platform, person: Newcomer, new_client: Any, surfaces: Any, mailbox: httpx.AsyncClient
) -> None:
    """Everything that leaves traces: identity, credit, bookings with their mails, recaps, a favourite, messages."""
    await validates_a_number(person, mailbox, PHONE)
    await person.declares(phoneNumber=PHONE)
    await person.at_ubble()
    await person.waits_for("honor-statement")
    await person.signs()
    await person.has(150_00)
    partner = await portal(new_client(), surfaces)
    kept = await thing_for_sale(partner, "Papier à grain", price=10.0)
    dropped = await thing_for_sale(partner, "Pinceaux", price=5.0)
    taken_back = await thing_for_sale(partner, "Encre", price=2.0)
    for offer in (kept, dropped, taken_back):
        await with_a_box_office(platform, partner, offer.offer_id)
    booking_id = await booked(person.app, kept.stock_id)
    gone = await booked(person.app, dropped.stock_id)
    await booked(person.app, taken_back.stock_id)
    await person.app.call("POST", f"/native/v1/bookings/{gone}/cancel", 204)
    # The partner's recap lists the person among those whose booking fell with the stock.
    body = {"ids_to_delete": [taken_back.stock_id]}
    await partner.call("POST", f"/offers/{taken_back.offer_id}/stocks/delete", 200, json=body)
    ticket = await person.app.call("GET", f"/native/v1/bookings/{booking_id}/ticket", 200)
    assert ticket.content.startswith(b"%PDF")
    await person.app.call("POST", "/native/v1/me/favorites", 200, json={"offerId": kept.offer_id})
    await person.app.call("POST", "/native/v1/request_password_reset", 204, json={"email": person.email})
    for kind in ("booking_confirmed", "cancelled_by_beneficiary", "cancelled_by_partner", "new_password_request"):
        await latest(mailbox, person.email, kind=kind)
    for kind in ("cancelled_for_partner", "partner_cancellation_recap"):
        message = await latest(mailbox, "billetterie@example.com", kind=kind)
        assert person.last_name in message["text"]


def marks_of(person: Newcomer) -> dict[str, str]:
    return {
        "first name": person.first_name,
        "last name": person.last_name,
        "e-mail": person.email,
        "phone": PHONE.removeprefix("+33"),
        "birth date": person.birth.isoformat(),
        "document": person.document,
    }


async def clear(platform: Platform, service: str) -> None:
    """Run the job that takes facts back, until every group has read them."""

    async def done() -> bool:
        return "'waiting': 0" in command(platform, service, "take-back-facts").replace('"', "'")

    await until(done, deadline=60)


async def test_nothing_is_left_of_a_person(
    platform: Platform, new_client: Any, surfaces: Any, mailbox: httpx.AsyncClient, partners: httpx.AsyncClient
) -> None:
    person = await newcomer(new_client(), surfaces, mailbox, partners, born(18, days_ago=47))
    await lives(platform, person, new_client, surfaces, mailbox)
    user_id = (await person.me())["id"]
    marks = marks_of(person)
    redis = Redis.from_url(platform.servers.addresses()["REDIS_URL"])
    entries = await redis.xrevrange("bookings.booking", count=1)
    # An event that somebody could not handle names them too.
    await redis.xadd(
        "bookings.booking.dead", {**entries[0][1], b"group": b"offers", b"entry": b"0-1", b"reason": b"Rehearsed"}
    )

    # The control: before, the person is in every database and on the streams.
    before = in_databases(platform, marks)
    assert {place.partition(".")[0] for place in before} == {"users", "offers", "bookings", "documents"}
    assert {place.partition(": ")[2] for place in before} == set(marks)
    streams = {place.partition(": ")[0] for place in await in_broker(platform, marks)}
    assert {"users.user", "users.notice", "bookings.booking", "bookings.booking.dead"} <= streams

    assert "would_anonymize=1" in command(platform, "users", "anonymize", str(user_id), "--dry-run")
    assert (await person.me())["firstName"] == person.first_name
    assert "anonymized=1" in command(platform, "users", "anonymize", str(user_id))
    await until_gone(platform, marks)
    for service in ("users", "bookings"):
        await clear(platform, service)

    assert in_databases(platform, marks) == []
    # The simulators are other houses: what a partner keeps is theirs to erase.
    left = [place for place in await in_broker(platform, marks) if not place.startswith("simulators:")]
    assert left == []
    for folder in ("private", "storage"):
        assert in_files(platform.topology.var / folder, marks) == [], folder
    # Numbers and codes are in no log; what else logs say of a person is their number here.
    named = {name: marks[name] for name in ("phone", "first name", "last name", "birth date", "document")}
    assert in_files(platform.topology.var / "log", named) == []
    await redis.aclose()

    # The account opens for nobody, and what others need is still there.
    await person.app.call("GET", "/native/v1/me", 401)
    recap = (await mailbox.get("/mailbox.json", params={"kind": "partner_cancellation_recap"})).json()["mails"]
    assert any("Compte supprimé" in mail["text"] for mail in recap)
    assert "already=1" in command(platform, "users", "anonymize", str(user_id))


async def until_gone(platform: Platform, marks: dict[str, str]) -> None:
    """The fact has travelled: the replicas and the book of messages name nobody (the outboxes are the job's)."""

    async def gone() -> bool:
        return all(".outbox:" in place for place in in_databases(platform, marks))

    await until(gone, deadline=60)


async def test_nothing_is_left_of_a_partner(
    platform: Platform, new_client: Any, surfaces: Any, mailbox: httpx.AsyncClient, partners: httpx.AsyncClient
) -> None:
    marker = await newcomer(new_client(), surfaces, mailbox, partners, born(30))
    caller = await portal(new_client(), surfaces)
    email = f"associee-{marker.last_name.lower()}@example.com"
    signup = {
        "email": email,
        "firstName": marker.first_name,
        "lastName": marker.last_name,
        "password": "Marée-haute-2026!",
        "phoneNumber": NEW_PHONE,
        "contactOk": True,
        "token": "test_token",
    }
    caller.client.cookies.clear()
    await caller.call("POST", "/users/signup", 204, json=signup)
    text = (await latest(mailbox, email))["text"]
    link = next(word for word in text.split() if "/inscription/compte/confirmation/" in word)
    await caller.call("PATCH", f"/users/validate_signup/{link.rpartition('/')[2]}", 204)
    me = await caller.get("/users/current")
    marks = {
        "first name": marker.first_name,
        "last name": marker.last_name,
        "e-mail": email,
        "phone": NEW_PHONE.removeprefix("+33"),
    }
    assert {place.partition(": ")[2] for place in in_databases(platform, marks)} == set(marks)
    command(platform, "users", "feature", "on", "WIP_PRO_AUTONOMOUS_ANONYMIZATION")
    await until(lambda: shown(caller, "WIP_PRO_AUTONOMOUS_ANONYMIZATION", active=True))
    await caller.call("POST", "/users/anonymize", 204)

    async def told() -> bool:
        found = (await mailbox.get("/mailbox.json", params={"kind": "anonymization_confirmation"})).json()["mails"]
        return any(mail["user_id"] == me["id"] and mail["state"] == "sent" for mail in found)

    await until(told)
    await until_gone(platform, marks)
    await clear(platform, "users")
    assert in_databases(platform, marks) == []
    assert [place for place in await in_broker(platform, marks) if not place.startswith("simulators:")] == []
