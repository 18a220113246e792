"""The messages that `users` asks for: every kind can be written, once, and its links are not kept."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from documents.mails.composing import compose
from documents.mails.models import Mail
from documents.mails.notices import NOTICES, secret_parameters
from documents.mails.sender import MailSender
from documents.mails.transports import Outgoing
from shared.events.users import NOTICE, Notice

# The publisher's own list of kinds, loaded as a file: services do not import one another.
_RULES = Path(__file__).parents[2] / "users/src/users/notices/rules.py"


def published_kinds() -> dict[str, Any]:
    return {kind: found for kind, found in runpy.run_path(str(_RULES))["KINDS"].items() if found.channel == "email"}


def parameters_of(kind: str) -> dict[str, Any]:
    """An example for every parameter that the wording of a kind uses."""
    notice = NOTICES[kind]
    names = {name for paragraph in notice.paragraphs for name in re.findall(r"\{(\w+)\}", paragraph)}
    names |= {name for _, name in notice.facts}
    links = secret_parameters(kind)
    values: dict[str, Any] = {name: f"<b>{name}</b>" for name in names}
    values |= {name: f"http://localhost:8082/{name.lower()}?token=abc&x=1" for name in links}
    if notice.rows:
        values[notice.rows] = [{"name": "postal_code", "value": "<i>x</i>"}]
    return values


def test_every_mail_that_users_asks_for_has_words_that_it_can_fill() -> None:
    published = published_kinds()
    assert published.keys() == NOTICES.keys()
    for kind, found in published.items():
        assert parameters_of(kind).keys() <= found.parameters, kind


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_a_message_is_whole_and_escaped(kind: str, settings: Any) -> None:
    parameters = parameters_of(kind)
    made = compose(kind, parameters, settings)
    assert made.subject
    assert "{" not in made.text
    assert "<b>" not in made.html
    assert "<i>" not in made.html
    for name in secret_parameters(kind):
        assert parameters[name] in made.text
        assert parameters[name].replace("&", "&amp;") in made.html


def test_a_link_that_is_none_is_not_shown(settings: Any) -> None:
    made = compose("email_confirmation", {"CONFIRMATION_LINK": "javascript:alert(1)"}, settings)
    assert "javascript" not in made.html + made.text


class Relay:
    name = "smtp"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def deliver(self, mail: Outgoing) -> None:
        self.sent.append(mail)


def requested(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "id": 1,
        "kind": "new_password_request",
        "channel": "email",
        "recipient": "camille@example.com",
        "user_id": 7,
        "parameters": {
            "FIRSTNAME": "Camille",
            "RESET_PASSWORD_LINK": "http://localhost:8082/mot-de-passe-perdu?token=s3cr3t",
        },
    }
    return Notice.model_validate(values | changes)


async def test_a_request_is_mailed_once_and_its_link_is_forgotten(
    deliver: Any, database: Any, printer: Any, settings: Any
) -> None:
    assert await deliver(NOTICE, "requested", requested())
    relay = Relay()
    assert await MailSender(database, relay, printer, settings).send_due() == 1
    assert "s3cr3t" in relay.sent[0].text
    assert relay.sent[0].recipient == "camille@example.com"
    async with database.transaction() as session:
        mail = (await session.scalars(select(Mail))).one()
    assert (mail.state, mail.user_id) == ("sent", 7)
    assert "s3cr3t" not in str(mail.parameters)
    # It can still be looked at.
    assert "n'est plus conservé" in compose(mail.kind, mail.parameters, settings).text


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "sms", "kind": "phone_validation_code", "recipient": "0612345678"},
        {"channel": "sms", "recipient": "+33612345678"},
        {"channel": "sms", "kind": "phone_validation_code"},
        {"kind": "a_kind_of_tomorrow"},
        {"recipient": "a@example.com\nBcc: b@example.com"},
    ],
)
async def test_what_cannot_be_mailed_is_left(deliver: Any, database: Any, changes: dict[str, Any]) -> None:
    assert await deliver(NOTICE, "requested", requested(**changes))
    async with database.transaction() as session:
        assert (await session.scalars(select(Mail))).all() == []
