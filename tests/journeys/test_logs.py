"""What all the processes print while people pass through holds no secret of theirs, and nobody's name."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.journeys.people import PASSWORD, Caller, app, portal, signed_in, until
from tests.journeys.stage import booked, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]

KEY = "development_1_clearSecret1"


async def link_of(mailbox, email: str) -> str:
    """The token of the link in the first mail to somebody, once it was sent."""

    async def arrived() -> str | None:
        mails = (await mailbox.get("/mailbox.json", params={"recipient": email})).json()["mails"]
        return mails[0]["id"] if mails else None

    text = (await mailbox.get(f"/mailbox/{await until(arrived)}/text")).text
    parts = urlsplit(next(word for word in text.split() if "confirmation" in word and word.startswith("http")))
    return parse_qs(parts.query).get("token", [parts.path.rsplit("/", 1)[-1]])[0]


def printed(platform) -> str:
    """Everything that the processes and their commands printed so far."""
    folder = platform.processes.log_of("gateway").parent
    return "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("*.log")))


async def test_no_process_prints_a_secret(new_client, surfaces, mailbox, platform):
    number = uuid4().hex[:8]
    secrets = {"a password": f"Quintefeuille-{number}!", "the sandbox's password": PASSWORD, "a key": KEY}

    # Somebody of the app signs up, confirms, signs in, forgets the password.
    person = app(new_client(), surfaces)
    email = f"quintefeuille.{number}@example.com"
    secrets["an address"] = email
    body = {"email": email, "password": secrets["a password"], "birthdate": "2008-06-15", "token": "test_token"}
    await person.call("POST", "/native/v1/account", 204, json=body)
    secrets["a confirmation"] = await link_of(mailbox, email)
    await person.call(
        "POST", "/native/v1/validate_email", 200, json={"emailValidationToken": secrets["a confirmation"]}
    )
    identity = {"identifier": email, "password": secrets["a password"], "deviceInfo": {"deviceId": str(uuid4())}}
    tokens = (await person.call("POST", "/native/v2/signin", 200, json=identity)).json()
    secrets |= {"an access token": tokens["accessToken"], "a refresh token": tokens["refreshToken"]}
    await person.call("POST", "/native/v1/request_password_reset", 204, json={"email": email})
    await person.call("GET", f"/native/v1/email_validation_remaining_resends/{email}", 200)

    # Somebody of the portal signs up.
    newcomer = Caller(new_client(), surfaces, "pro", {"Origin": "http://localhost:3001"})
    theirs = f"aubepine.{number}@example.com"
    secrets |= {"a partner's address": theirs, "a last name": f"Aubépine{number}", "a telephone": "612345987"}
    form = {
        "email": theirs,
        "password": secrets["a password"],
        "firstName": "Blandine",
        "lastName": secrets["a last name"],
        "phoneNumber": "+33612345987",
        "contactOk": False,
        "token": "test_token",
    }
    await newcomer.call("POST", "/users/signup", 204, json=form)
    secrets["a sign-up"] = await link_of(mailbox, theirs)
    await newcomer.call("PATCH", f"/users/validate_signup/{secrets['a sign-up']}", 204)
    secrets["a first cookie"] = newcomer.client.cookies["session"]

    # A booking is shown at the desk; a partner's software asks with its key.
    partner = await portal(new_client(), surfaces)
    secrets["a cookie"] = partner.client.cookies["session"]
    sold = await thing_for_sale(partner, "Herbier des secrets", price=1.0)
    reader = await signed_in(new_client(), surfaces)
    booking_id = await booked(reader, sold.stock_id)
    counter_mark = (await reader.get(f"/native/v2/bookings/{booking_id}"))["ticket"]["token"]["data"]
    await partner.call("GET", f"/bookings/token/{counter_mark}", 200)
    software = Caller(new_client(), surfaces, "public", {"Authorization": f"Bearer {KEY}"})
    await software.call("GET", "/public/offers/v1/offerer_venues")

    told = printed(platform)
    # Of a counter-mark only where it is used as one: six letters may be anywhere.
    secrets |= {"a counter-mark in a path": f"token/{counter_mark}", "a counter-mark": f'"{counter_mark}"'}
    assert "/users/validate_signup/***" in told
    assert "request" in told
    assert [name for name, secret in secrets.items() if secret in told] == []
