"""Somebody new: from the form to a confirmed account, by the link in their mail."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.journeys.people import app, until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]


async def test_a_new_person_signs_up_confirms_and_is_in(new_client, surfaces, mailbox):
    person = app(new_client(), surfaces)
    email = f"nouvelle-{uuid4().hex[:8]}@example.com"
    body = {"email": email, "password": "Marée-haute-2026!", "birthdate": "2008-06-15", "token": "test_token"}
    await person.call("POST", "/native/v1/account", 204, json=body)
    # Nobody signs in before the address is confirmed.
    identity = {"identifier": email, "password": body["password"], "deviceInfo": {"deviceId": str(uuid4())}}
    refused = await person.call("POST", "/native/v2/signin", 400, json=identity)
    assert refused.json()["code"] == "EMAIL_NOT_VALIDATED"

    async def confirmation() -> str | None:
        mails = (await mailbox.get("/mailbox.json", params={"recipient": email})).json()["mails"]
        return mails[0]["id"] if mails else None

    mail_id = await until(confirmation)
    opened = await mailbox.get(f"/mailbox/{mail_id}/text")
    link = next(word for word in opened.text.split() if "signup-confirmation" in word)
    token = parse_qs(urlsplit(link).query)["token"][0]
    answer = await person.call("POST", "/native/v1/validate_email", 200, json={"emailValidationToken": token})
    person.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
    me = await person.get("/native/v1/me")
    assert (me["email"], me["isBeneficiary"]) == (email, False)
    # The link worked once.
    await person.call("POST", "/native/v1/validate_email", 400, json={"emailValidationToken": token})
