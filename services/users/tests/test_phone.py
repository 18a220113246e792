"""Phone numbers: what is accepted, and their validation by a code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account
from users.factories import BeneficiaryFactory, YoungFactory
from users.phone.rules import COUNTRY_CODES, InvalidPhone, PhoneRefusal, parse_phone
from users.subscription.models import SubscriptionCheck

from .mailbox import Mailbox

NUMBER = "+33612345678"
BLOCKED = "+33799999999"


@pytest.fixture
def settings_overrides(settings_overrides: dict[str, Any]) -> dict[str, Any]:
    return {**settings_overrides, "blocked_phone_numbers": frozenset({BLOCKED})}


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session, phone_number=None)
    await session.commit()
    return account


@pytest.fixture
def mine(tokens: Tokens, young: Account) -> dict[str, str]:
    return tokens.native(young.id)


async def send(client: httpx.AsyncClient, headers: dict[str, str], number: str = NUMBER) -> httpx.Response:
    body = {"phoneNumber": number}
    return await client.post("/native/v1/send_phone_validation_code", json=body, headers=headers)


async def validate(client: httpx.AsyncClient, headers: dict[str, str], code: str) -> httpx.Response:
    return await client.post("/native/v1/validate_phone_number", json={"code": code}, headers=headers)


async def remaining(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
    return (await client.get("/native/v1/phone_validation/remaining_attempts", headers=headers)).json()


async def code_of(mailbox: Mailbox) -> str:
    return (await mailbox.last("phone_validation_code"))["parameters"]["CODE"]


async def checks(session: AsyncSession, account: Account) -> list[tuple[str | None, list[str] | None]]:
    rows = await session.execute(
        select(SubscriptionCheck.status, SubscriptionCheck.reason_codes)
        .where(SubscriptionCheck.account_id == account.id)
        .order_by(SubscriptionCheck.id)
    )
    return [(status, codes) for status, codes in rows]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0612345678", "+33612345678"),
        ("06 12 34 56 78", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("0692123456", "+262692123456"),
        ("0690001234", "+590690001234"),
        ("+687 751234", "+687751234"),
        ("+68987123456", "+68987123456"),
    ],
)
def test_numbers_of_french_regions_are_accepted(written: str, number: str) -> None:
    assert parse_phone(written) == number


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("", PhoneRefusal.INVALID),
        ("bonjour", PhoneRefusal.INVALID),
        ("0", PhoneRefusal.INVALID),
        ("061234567", PhoneRefusal.INVALID),
        ("06123456789", PhoneRefusal.INVALID),
        ("+33899123456", PhoneRefusal.INVALID),
        ("0800123456", PhoneRefusal.INVALID),
        ("0612345678 ext. 3", PhoneRefusal.INVALID),
        ("٠٦١٢٣٤٥٦٧٨", PhoneRefusal.INVALID),
        ("6" * 10_000, PhoneRefusal.INVALID),
        ("+442071838750", PhoneRefusal.COUNTRY),
        ("+12025550123", PhoneRefusal.COUNTRY),
        ("+3222181111", PhoneRefusal.COUNTRY),
    ],
)
def test_other_numbers_are_refused(written: str, refusal: PhoneRefusal) -> None:
    with pytest.raises(InvalidPhone) as caught:
        parse_phone(written)
    assert caught.value.refusal is refusal


@given(st.text(alphabet="+0123456789 ()-.x", max_size=30))
@settings(max_examples=150, deadline=None)
def test_a_parsed_number_is_one_that_parses_to_itself(written: str) -> None:
    try:
        number = parse_phone(written)
    except InvalidPhone:
        return
    assert parse_phone(number) == number
    assert any(number.startswith(f"+{code}") for code in COUNTRY_CODES)
    assert len(number) <= 20


async def test_a_number_is_validated_by_its_code(
    client: httpx.AsyncClient,
    young: Account,
    mine: dict[str, str],
    session: AsyncSession,
    mailbox: Mailbox,
    events: EventRecorder,
) -> None:
    assert await remaining(client, mine) == {"remainingAttempts": 3, "counterResetDatetime": None}
    assert (await send(client, mine, "06 12 34 56 78")).status_code == 204
    sms = await mailbox.last("phone_validation_code")
    assert (sms["channel"], sms["recipient"], sms["user_id"]) == ("sms", NUMBER, young.id)
    assert await remaining(client, mine) == {"remainingAttempts": 2, "counterResetDatetime": "2026-02-11T00:00:00Z"}
    await session.refresh(young)
    assert (young.phone_number, young.phone_validation_status) == (NUMBER, None)
    assert (await validate(client, mine, await code_of(mailbox))).status_code == 204
    await session.refresh(young)
    assert young.phone_validation_status == "validated"
    assert await checks(session, young) == [("ok", None)]
    assert (await events.published("user.profile_updated"))[-1]["state"]["phone_number"] == NUMBER
    again = await send(client, mine)
    assert (again.status_code, again.json()["code"]) == (400, "PHONE_NUMBER_ALREADY_VALIDATED")
    assert (await validate(client, mine, "000000")).json()["code"] == "CODE_SENDING_FAILURE"


async def test_the_newest_code_alone_works_and_for_half_a_day(
    client: httpx.AsyncClient,
    mine: dict[str, str],
    mailbox: Mailbox,
    clock: ClockControl,
    tokens: Tokens,
    young: Account,
) -> None:
    await send(client, mine)
    first = await code_of(mailbox)
    await send(client, mine)
    second = await code_of(mailbox)
    if first != second:
        assert (await validate(client, mine, first)).json()["code"] == "INVALID_VALIDATION_CODE"
    clock.advance(hours=12)
    late = await validate(client, tokens.native(young.id), second)
    assert (late.status_code, late.json()["code"]) == (400, "INVALID_VALIDATION_CODE")


async def test_three_wrong_codes_end_it_and_leave_a_trace(
    client: httpx.AsyncClient, young: Account, mine: dict[str, str], session: AsyncSession, mailbox: Mailbox
) -> None:
    await send(client, mine)
    code = await code_of(mailbox)
    answers = [(await validate(client, mine, wrong(code))).json() for _ in range(4)]
    assert [answer["code"] for answer in answers] == ["INVALID_VALIDATION_CODE"] * 2 + [
        "TOO_MANY_VALIDATION_ATTEMPTS"
    ] * 2
    assert "2 tentatives" in answers[0]["message"]
    assert "1 tentative" in answers[1]["message"]
    assert await checks(session, young) == [("ko", ["phone_validation_attempts_limit_reached"])]
    assert (await validate(client, mine, code)).json()["code"] == "TOO_MANY_VALIDATION_ATTEMPTS"
    await session.refresh(young)
    assert young.phone_validation_status is None


async def test_the_third_try_may_be_the_right_one(
    client: httpx.AsyncClient, mine: dict[str, str], mailbox: Mailbox
) -> None:
    await send(client, mine)
    code = await code_of(mailbox)
    for _ in range(2):
        await validate(client, mine, wrong(code))
    assert (await validate(client, mine, code)).status_code == 204


async def test_three_messages_in_twelve_hours(
    client: httpx.AsyncClient,
    young: Account,
    mine: dict[str, str],
    session: AsyncSession,
    mailbox: Mailbox,
    clock: ClockControl,
    tokens: Tokens,
) -> None:
    statuses = [(await send(client, mine)).status_code for _ in range(3)]
    assert statuses == [204] * 3
    for _ in range(2):
        assert (await send(client, mine)).json()["code"] == "TOO_MANY_SMS_SENT"
    assert await checks(session, young) == [("ko", ["sms_sending_limit_reached"])]
    assert len(await mailbox.all("phone_validation_code")) == 3
    clock.advance(hours=12)
    assert (await send(client, tokens.native(young.id))).status_code == 204


@pytest.mark.parametrize(
    ("number", "code", "trace"),
    [
        ("+442071838750", "INVALID_COUNTRY_CODE", ["invalid_phone_country_code"]),
        (BLOCKED, "INVALID_PHONE_NUMBER", ["blacklisted_phone_number"]),
        ("+33899123456", "INVALID_PHONE_NUMBER", None),
        ("abc", "INVALID_PHONE_NUMBER", None),
    ],
)
async def test_refused_numbers_are_told_and_the_refusal_lasts(
    client: httpx.AsyncClient,
    young: Account,
    mine: dict[str, str],
    session: AsyncSession,
    mailbox: Mailbox,
    number: str,
    code: str,
    trace: list[str] | None,
) -> None:
    response = await send(client, mine, number)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["message"]
    assert await checks(session, young) == ([("ko", trace)] if trace else [])
    assert await mailbox.all() == []
    await session.refresh(young)
    assert young.phone_number is None


async def test_a_number_of_a_beneficiary_is_refused_at_sending_and_at_validating(
    client: httpx.AsyncClient, young: Account, mine: dict[str, str], session: AsyncSession, mailbox: Mailbox
) -> None:
    await send(client, mine)
    await BeneficiaryFactory.create(session, phone_number=NUMBER)
    await session.commit()
    late = await validate(client, mine, await code_of(mailbox))
    assert (late.status_code, late.json()["code"]) == (400, "CODE_SENDING_FAILURE")
    assert (await send(client, mine)).json()["code"] == "PHONE_ALREADY_EXISTS"
    assert await checks(session, young) == [("ko", ["phone_already_exists"])]


async def test_a_number_leaves_whoever_is_no_beneficiary(
    client: httpx.AsyncClient, young: Account, mine: dict[str, str], session: AsyncSession, mailbox: Mailbox
) -> None:
    former = await YoungFactory.create(session, phone_number=NUMBER, phone_validation_status="validated")
    await session.commit()
    await send(client, mine)
    assert (await validate(client, mine, await code_of(mailbox))).status_code == 204
    for account in (former, young):
        await session.refresh(account)
    assert (former.phone_validation_status, young.phone_validation_status) == ("unvalidated", "validated")
    assert await checks(session, former) == [("suspiscious", ["phone_unvalidated_by_peer"])]
    assert await checks(session, young) == [("suspiscious", ["phone_unvalidation_for_peer"]), ("ok", None)]


async def test_who_may_not_validate(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    beneficiary = await BeneficiaryFactory.create(session, phone_validation_status=None)
    unvalidated = await YoungFactory.create(session, is_email_validated=False)
    closed = await YoungFactory.create(session, is_active=False)
    await session.commit()
    for account in (beneficiary, unvalidated):
        assert (await send(client, tokens.native(account.id))).json()["code"] == "CODE_SENDING_FAILURE"
    assert (await send(client, tokens.native(closed.id))).status_code == 403
    assert (await client.post("/native/v1/send_phone_validation_code", json={"phoneNumber": NUMBER})).status_code == 401


async def test_a_code_without_a_number_is_refused(
    client: httpx.AsyncClient, mine: dict[str, str], tokens: Tokens
) -> None:
    assert (await validate(client, mine, "123456")).json()["code"] == "INVALID_PHONE_NUMBER"
    response = await client.post("/native/v1/validate_phone_number", json={"code": 123456}, headers=mine)
    assert (response.status_code, list(response.json())) == (400, ["code"])
