"""Texts to telephones: what leaves in Brevo's shape, once, what is tried again, and what is forgotten."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import select
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from documents.mails.models import Mail
from documents.mails.sender import MailSender
from documents.mails.texts import TEXTS, BrevoTexts, OutgoingText, make_text_transport, words_of
from documents.mails.transports import DeliveryFailed, MailboxTransport
from documents.settings import Settings
from shared.events.users import NOTICE, Notice
from shared.testing.partners import Canned, FakePartner

NUMBER = "+33612345678"
CODE = "042137"
TEXT = OutgoingText(NUMBER, words_of("phone_validation_code", {"CODE": CODE}), "phone_validation_code")
# As Brevo documents it.
RECEIPT = Canned.json({"messageId": 1511882900176220}, 201)
GSM = re.compile(r"[@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*")


@pytest_asyncio.fixture
async def operator() -> AsyncIterator[FakePartner]:
    async with FakePartner() as made:
        yield made


@pytest.fixture
def away(settings: Any, operator: FakePartner) -> Settings:
    """Settings with which texts leave this machine."""
    return settings.model_copy(update={"sms_url": operator.url, "sms_api_key": SecretStr("xkeysib-1")})


@pytest_asyncio.fixture
async def texts(away: Settings) -> AsyncIterator[BrevoTexts]:
    made = make_text_transport(away)
    yield made
    await made.close()


def asked(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "id": 1,
        "kind": "phone_validation_code",
        "channel": "sms",
        "recipient": NUMBER,
        "user_id": 7,
        "parameters": {"CODE": CODE},
    }
    return Notice.model_validate(values | changes)


async def stored(database: Any) -> Mail:
    async with database.transaction() as session:
        return (await session.scalars(select(Mail))).one()


@pytest.fixture
def sender(database: Any, printer: Any, away: Settings, texts: BrevoTexts) -> MailSender:
    return MailSender(database, MailboxTransport(), printer, away, texts)


@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_a_text_is_one_text(kind: str) -> None:
    words = words_of(kind, {"CODE": CODE})
    assert CODE in words
    assert len(words) <= 160
    assert GSM.fullmatch(words), "a sign outside of the telephones' alphabet makes two texts of one"


async def test_a_text_leaves_in_the_shape_that_brevo_documents(texts: BrevoTexts, operator: FakePartner) -> None:
    operator.answers.append(RECEIPT)
    await texts.deliver(TEXT)
    [request] = operator.requests
    assert (request.method, request.target) == ("POST", "/v3/transactionalSMS/send")
    assert request.headers["api-key"] == "xkeysib-1"
    assert request.json() == {
        "sender": "passCulture",
        "recipient": "33612345678",
        "content": f"{CODE} est ton code de confirmation pass Culture, à ne donner à personne.",
        "type": "transactional",
        "tag": "phone_validation_code",
    }


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        (Canned.json({"code": "invalid_parameter", "message": f"Invalid phone number {NUMBER}"}, 400), True),
        (Canned.json({"code": "unauthorized", "message": "Key not found"}, 401), False),
        (Canned.json({"code": "not_enough_credits", "message": "no"}, 402), False),
        (Canned(429, headers={"retry-after": "7"}), False),
        (Canned(503), False),
        (Canned(500), False),
        # It may have left: never again.
        (Canned(504), True),
        (Canned(502), True),
        (Canned(201, b"<html>"), True),
        (Canned.json([], 201), True),
        (Canned(201, b"x" * 70_000), True),
    ],
)
async def test_what_may_have_left_is_not_sent_again(
    texts: BrevoTexts, operator: FakePartner, answer: Canned, permanent: bool
) -> None:
    operator.answers.append(answer)
    with pytest.raises(DeliveryFailed) as failed:
        await texts.deliver(TEXT)
    assert failed.value.permanent is permanent
    assert len(operator.requests) == 1
    assert "612345678" not in str(failed.value)
    assert CODE not in str(failed.value)


async def test_an_operator_that_nobody_reaches_is_asked_again_later(settings: Any) -> None:
    closed = make_text_transport(settings.model_copy(update={"sms_url": "http://127.0.0.1:9"}))
    with pytest.raises(DeliveryFailed) as failed:
        await closed.deliver(TEXT)
    await closed.close()
    assert not failed.value.permanent


async def test_a_text_is_sent_once_and_its_code_is_forgotten(
    deliver: Any, database: Any, sender: MailSender, operator: FakePartner
) -> None:
    event_id = uuid7()
    assert await deliver(NOTICE, "requested", asked(), event_id=event_id)
    assert not await deliver(NOTICE, "requested", asked(), event_id=event_id)
    operator.answers.extend([RECEIPT, RECEIPT])
    with capture_logs() as logged:
        await asyncio.gather(*(sender.send_due() for _ in range(3)))
    assert len(operator.requests) == 1
    mail = await stored(database)
    assert (mail.state, mail.channel, mail.sent_by, mail.user_id) == ("sent", "sms", "brevo", 7)
    assert mail.parameters == {}
    assert "612345678" not in str(logged)


async def test_a_refused_text_is_tried_three_times_then_forgotten(
    deliver: Any, database: Any, sender: MailSender, operator: FakePartner, clock: Any
) -> None:
    await deliver(NOTICE, "requested", asked())
    operator.answers.extend([Canned(503)] * 5)
    with capture_logs() as logged:
        for _ in range(4):
            await sender.send_due()
            clock.advance(minutes=5)
    assert len(operator.requests) == 3
    mail = await stored(database)
    assert (mail.state, mail.attempts, mail.parameters) == ("failed", 3, {})
    assert CODE not in str(logged)
    assert "612345678" not in str(logged)


async def test_a_text_of_a_process_that_died_is_not_sent_again(
    deliver: Any, database: Any, sender: MailSender, operator: FakePartner, clock: Any
) -> None:
    await deliver(NOTICE, "requested", asked())
    async with database.transaction() as session:
        mail = (await session.scalars(select(Mail))).one()
        mail.state, mail.claimed_at = "sending", mail.created_at
    clock.advance(minutes=11)
    await sender.send_due()
    assert operator.requests == []
    mail = await stored(database)
    assert (mail.state, mail.parameters, mail.last_error) == ("failed", {}, "process lost")


async def test_a_code_that_is_worth_nothing_any_more_is_not_sent(
    deliver: Any, database: Any, sender: MailSender, operator: FakePartner, clock: Any
) -> None:
    await deliver(NOTICE, "requested", asked())
    clock.advance(hours=12)
    await sender.send_due()
    assert operator.requests == []
    mail = await stored(database)
    assert (mail.state, mail.last_error, mail.parameters) == ("failed", "too late", {})


async def test_the_mailbox_shows_texts(client: httpx.AsyncClient, deliver: Any) -> None:
    await deliver(NOTICE, "requested", asked())
    [text] = (await client.get("/mailbox.json", params={"channel": "sms"})).json()["mails"]
    assert (text["channel"], text["recipient"], text["kind_label"]) == ("sms", NUMBER, "SMS")
    assert text["text"].startswith(CODE)
    assert (await client.get("/mailbox.json", params={"channel": "email"})).json()["mails"] == []
    assert CODE in (await client.get("/mailbox", params={"channel": "sms"})).text
    assert CODE in (await client.get(f"/mailbox/{text['id']}")).text
    assert CODE in (await client.get(f"/mailbox/{text['id']}/html")).text
    assert (await client.get("/mailbox.json", params={"channel": "pigeon"})).status_code == 400


@pytest.mark.parametrize(
    ("mode", "status"), [("accepted", 201), ("refused", 400), ("credit", 402), ("busy", 429), ("down", 503)]
)
async def test_the_simulated_operator_behaves_as_its_page_was_told(
    client: httpx.AsyncClient, mode: str, status: int
) -> None:
    await client.get("/simulators/sms/mode", params={"mode": mode})
    assert "(choisi)" in (await client.get("/simulators/sms")).text
    body = {"sender": "passCulture", "recipient": "33612345678", "content": "x", "type": "transactional"}
    answer = await client.post("/simulators/sms/v3/transactionalSMS/send", json=body)
    assert answer.status_code == status
    await client.get("/simulators/sms/mode", params={"mode": "accepted"})


async def test_the_adapter_and_the_simulator_speak_alike(app: Any, settings: Any, client: httpx.AsyncClient) -> None:
    await client.get("/simulators/sms/mode", params={"mode": "accepted"})
    texts = make_text_transport(settings, httpx.ASGITransport(app))
    assert texts.simulated
    await texts.deliver(TEXT)
    await client.get("/simulators/sms/mode", params={"mode": "refused"})
    with pytest.raises(DeliveryFailed) as failed:
        await texts.deliver(TEXT)
    assert str(failed.value) == "400 invalid_parameter"
    await texts.close()
    await client.get("/simulators/sms/mode", params={"mode": "accepted"})


def test_production_names_its_operator() -> None:
    production = Settings(environment="production", database_url="postgresql://a:b@127.0.0.1/c")
    with pytest.raises(ValueError, match="SMS_URL"):
        make_text_transport(production)
