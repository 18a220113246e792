"""Somebody new, on their way to a credit: the app's calls, and the pages of whoever proves identities."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg

from local.platform import Platform
from tests.journeys.documents import Surfaces
from tests.journeys.people import Caller, app, until

PASSWORD = "Marée-haute-2026!"


def born(age: int, *, days_ago: int = 40) -> date:
    """The birth date of somebody who turned `age` so many days ago."""
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    try:
        return day.replace(year=day.year - age)
    except ValueError:
        return day.replace(year=day.year - age, day=28)


def letters(length: int = 9) -> str:
    """A name that nobody has."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(length)).title()


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of a form, and where it is posted to, as `action`."""
    inputs = re.findall(r"<input type=hidden name=(\w+) value=\"([^\"]*)\"", page)
    action = re.search(r"<form method=post action=\"([^\"]*)\"", page)
    assert action is not None, page
    return {"action": unescape(action[1]), **{name: unescape(value) for name, value in inputs}}


@dataclass
class Newcomer:
    """`partners` reaches the simulators, which are not behind the gateway."""

    app: Caller
    partners: httpx.AsyncClient
    email: str
    birth: date
    first_name: str = field(default_factory=letters)
    last_name: str = field(default_factory=letters)
    document: str = field(default_factory=lambda: f"{secrets.randbelow(10**9):09}")
    postal_code: str = "93000"

    async def me(self) -> dict[str, Any]:
        return await self.app.get("/native/v1/me")

    async def stepper(self) -> dict[str, Any]:
        return await self.app.get("/native/v2/subscription/stepper")

    async def credit(self) -> tuple[int, int] | None:
        """(initial, remaining) cents, None without a deposit."""
        said = (await self.me())["domainsCredit"]
        return (said["all"]["initial"], said["all"]["remaining"]) if said else None

    async def has(self, cents: int, remaining: int | None = None) -> dict[str, Any]:
        """Wait for a credit; the profile then."""

        async def there() -> bool:
            return await self.credit() == (cents, cents if remaining is None else remaining)

        await until(there)
        return await self.me()

    async def waits_for(self, step: str | None, **expected: Any) -> dict[str, Any]:
        """Wait until this is the next step; the stepper then."""

        async def there() -> dict[str, Any] | None:
            said = await self.stepper()
            fits = said["nextSubscriptionStep"] == step and expected.items() <= said.items()
            return said if fits else None

        found = await until(there)
        assert found is not None
        return found

    async def declares(self, expected: int = 204, **changes: Any) -> httpx.Response:
        """The profile step, with the number of the phone."""
        body = {
            "activityId": "HIGH_SCHOOL_STUDENT",
            "address": "1 rue de la Paix",
            "city": "Bobigny",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "postalCode": self.postal_code,
            "phoneNumber": f"+33612{secrets.randbelow(10**6):06}",
            **changes,
        }
        return await self.app.call("POST", "/native/v1/subscription/profile", expected, json=body)

    async def signs(self) -> None:
        await self.app.call("POST", "/native/v1/subscription/honor_statement", 204)

    async def at_ubble(self, outcome: str = "approved", **changes: str) -> str:
        """Begin, or try again, and conclude on Ubble's page; where the browser then is sent."""
        body = {"redirectUrl": "http://localhost:8082/verification"}
        answer = await self.app.call("POST", "/native/v1/ubble_identification", 200, json=body)
        page = urlsplit(answer.json()["identificationUrl"]).path
        return await self.concludes(page, outcome, **changes)

    async def concludes(self, page: str, outcome: str, **changes: str) -> str:
        said = {
            "outcome": outcome,
            "first_names": self.first_name,
            "last_name": self.last_name,
            "birth_date": self.birth.isoformat(),
            "document_number": self.document,
            "gender": "F",
            "telling": "once",
            **changes,
        }
        told = await self.partners.post(page, data=said)
        assert told.status_code == 303, told.text
        return page

    async def at_educonnect(self, **changes: str) -> str:
        """Sign in at ÉduConnect; where the app is opened again."""
        answer = await self.app.call("GET", "/saml/educonnect/login", 204, params={"redirect": "false"})
        page = fields_of((await self.partners.get(answer.headers["educonnect-redirect"])).text)
        said = {
            "outcome": "good",
            "first_name": self.first_name,
            "last_name": self.last_name,
            "birth_date": self.birth.isoformat(),
            "ine_hash": secrets.token_hex(16),
            "civility": "Mme",
            "request_id": page["request_id"],
            "acs": page["acs"],
            **changes,
        }
        back = fields_of((await self.partners.post(page["action"], data=said)).text)
        returned = await self.app.client.post(back["action"], data={"SAMLResponse": back["SAMLResponse"]})
        assert returned.status_code == 302, returned.text
        return returned.headers["location"]

    async def at_dms(self, state: str, where: str = "/simulators/dms/new", **changes: str) -> str:
        """Write an application, or change its state; its page."""
        said = {
            "email": self.email,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "civility": "Mme",
            "birth_date": self.birth.strftime("%d/%m/%Y"),
            "id_number": self.document,
            "postal_code": self.postal_code,
            "city": "Bobigny",
            "address": "1 rue de la Paix",
            "activity": "Lycéen",
            "procedure": "fr",
            "tell": "yes",
            "state": state,
            **changes,
        }
        saved = await self.partners.post(where, data=said)
        assert saved.status_code == 303, saved.text
        return saved.headers["location"]


async def newcomer(
    client: httpx.AsyncClient,
    surfaces: Surfaces,
    mailbox: httpx.AsyncClient,
    partners: httpx.AsyncClient,
    birth: date,
    **known: Any,
) -> Newcomer:
    """Signs up, opens the link of the mail, and is in the app."""
    caller = app(client, surfaces)
    email = f"{letters(12).lower()}@example.com"
    body = {"email": email, "password": PASSWORD, "birthdate": birth.isoformat(), "token": "test_token"}
    await caller.call("POST", "/native/v1/account", 204, json=body)

    async def confirmation() -> str | None:
        mails = (await mailbox.get("/mailbox.json", params={"recipient": email})).json()["mails"]
        return mails[0]["id"] if mails else None

    text = (await mailbox.get(f"/mailbox/{await until(confirmation)}/text")).text
    link = next(word for word in text.split() if "signup-confirmation" in word)
    token = parse_qs(urlsplit(link).query)["token"][0]
    answer = await caller.call("POST", "/native/v1/validate_email", 200, json={"emailValidationToken": token})
    caller.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
    return Newcomer(caller, partners, email, birth, **known)


def time_passes(platform: Platform, email: str, days: int) -> None:
    """Everything of a person happened so many days earlier, birth included: they are older now."""
    statements = (
        "UPDATE account SET date_of_birth = date_of_birth - %(days)s, validated_birth_date = validated_birth_date"
        " - %(days)s WHERE email = %(email)s",
        "UPDATE subscription_check SET date_created = date_created - %(days)s * interval '1 day', registered_at ="
        " registered_at - %(days)s * interval '1 day' WHERE account_id = (SELECT id FROM account WHERE email = %(email)s)",
        "UPDATE deposit SET date_created = date_created - %(days)s * interval '1 day' WHERE account_id ="
        " (SELECT id FROM account WHERE email = %(email)s)",
    )
    address = platform.servers.addresses()["DATABASE_URL_USERS"]
    with psycopg.connect(address) as connection:
        for statement in statements:
            connection.execute(statement, {"days": days, "email": email})
