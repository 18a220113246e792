"""ÉduConnect through the simulator: to the credit of 17 year-olds, and every response that must not be believed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from lxml import etree
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock as clock_module
from shared.testing.recorders import ClockControl, Tokens
from users.accounts.models import Account
from users.deposits.models import Deposit
from users.eligibility.rules import birthday
from users.factories import CheckFactory, YoungFactory
from users.identity.educonnect.requests import read_signed_query
from users.identity.educonnect.responses import NotBelieved
from users.identity.educonnect.xml import BadXml, parse
from users.identity.models import SamlRequest
from users.partners import Partners
from users.simulators.educonnect import OUTCOMES, response_for
from users.subscription.models import SubscriptionCheck

SUCCESS, FAILURE = "/educonnect/validation", "/educonnect/erreur"


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session, age=17, first_name="", last_name="", validated_birth_date=None)
    await CheckFactory.create(session, account_id=account.id, type="profile_completion", content={"city": "Bobigny"})
    await session.commit()
    return account


class Browser:
    """Somebody's browser, between the app and ÉduConnect."""

    def __init__(self, client: httpx.AsyncClient, partners: Partners, tokens: Tokens, account: Account) -> None:
        self.client, self.partners, self._tokens, self.account = client, partners, tokens, account

    @property
    def headers(self) -> dict[str, str]:
        return self._tokens.native(self.account.id)

    async def leave(self) -> str:
        """The id of a new request."""
        answer = await self.client.get("/saml/educonnect/login", headers=self.headers)
        assert answer.status_code == 302
        xml = read_signed_query(
            urlsplit(answer.headers["location"]).query, (await self.partners.educonnect.key()).public_key()
        )
        assert xml is not None
        return parse(xml).get("ID") or ""

    async def response(self, request_id: str, **said: str) -> str:
        born = birthday(date(2026, 1, 1), -17).isoformat()
        form = {"first_name": "Zoé", "last_name": "Lévy", "birth_date": born, "ine_hash": "ine", "educonnect_id": "edu"}
        return await response_for(self.partners, {**form, "civility": "Mme", "request_id": request_id, **said})

    async def come_back(self, encoded: str) -> tuple[str, dict[str, str]]:
        answer = await self.client.post("/saml/acs", data={"SAMLResponse": encoded})
        assert answer.status_code == 302
        assert "no-store" in answer.headers["cache-control"]
        where = urlsplit(answer.headers["location"])
        assert f"{where.scheme}://{where.netloc}" == "http://localhost:8082"
        return where.path, {name: values[0] for name, values in parse_qs(where.query).items()}

    async def prove(self, **said: str) -> tuple[str, dict[str, str]]:
        return await self.come_back(await self.response(await self.leave(), **said))


@pytest.fixture
def browser(client: httpx.AsyncClient, partners: Partners, tokens: Tokens, young: Account) -> Browser:
    return Browser(client, partners, tokens, young)


async def checks(session: AsyncSession) -> list[SubscriptionCheck]:
    rows = await session.scalars(select(SubscriptionCheck).where(SubscriptionCheck.type == "educonnect"))
    return list(rows)


async def test_a_student_gets_the_credit(browser: Browser, session: AsyncSession, young: Account) -> None:
    path, query = await browser.prove()
    assert (path, query) == (
        SUCCESS,
        {
            "firstName": "Zoé",
            "lastName": "Lévy",
            "dateOfBirth": "2009-01-01",
            "logoutUrl": "https://educonnect.example/Logout",
        },
    )
    (check,) = await checks(session)
    assert (check.status, check.eligibility_type, check.third_party_id) == ("ok", "age-17-18", "edu")
    await browser.client.post("/native/v1/subscription/honor_statement", headers=browser.headers)
    await session.refresh(young)
    assert (young.roles, young.first_name, young.ine_hash) == (["UNDERAGE_BENEFICIARY"], "Zoé", "ine")
    assert young.validated_birth_date == date(2009, 1, 1)
    assert await session.scalar(select(Deposit.amount_cents)) == 50_00


async def test_the_address_in_a_header(browser: Browser) -> None:
    answer = await browser.client.get("/saml/educonnect/login?redirect=false", headers=browser.headers)
    assert answer.status_code == 204
    assert answer.headers["educonnect-redirect"].startswith("http://127.0.0.1:9/simulators/educonnect/sso?SAMLRequest=")
    assert "no-cache" in answer.headers["cache-control"]


async def test_the_page_of_the_simulator(browser: Browser) -> None:
    answer = await browser.client.get("/saml/educonnect/login", headers=browser.headers)
    where = urlsplit(answer.headers["location"])
    shown = await browser.client.get(f"{where.path}?{where.query}")
    assert shown.status_code == 200
    assert "http://localhost:5001/saml/metadata" in shown.text
    forged = await browser.client.get(f"{where.path}?{where.query[:-8]}AAAAAAAA")
    assert forged.status_code == 400
    sent = await browser.client.post("/simulators/educonnect/answer", data={"acs": "http://localhost:5001/saml/acs"})
    assert "SAMLResponse" in sent.text


REASONS = {
    "refused": "status",
    "unsigned": "exactly one signature",
    "tampered": "signature: InvalidDigest",
    "wrapped": "not exactly one assertion",
    "audience": "another audience",
    "recipient": "another recipient",
    "late": "issued too long ago|too late",
}


@pytest.mark.parametrize("outcome", [name for name, _ in OUTCOMES if name not in ("good", "parent", "incomplete")])
async def test_what_is_not_believed(browser: Browser, session: AsyncSession, outcome: str) -> None:
    encoded = await browser.response(await browser.leave(), outcome=outcome)
    if outcome != "unknown":
        with pytest.raises(NotBelieved, match=REASONS[outcome]):
            await browser.partners.educonnect.read(encoded)
    assert await browser.come_back(encoded) == (FAILURE, {})
    assert await checks(session) == []


async def test_a_parent(browser: Browser, session: AsyncSession) -> None:
    path, query = await browser.prove(outcome="parent")
    assert (path, query["code"]) == (FAILURE, "UserTypeNotStudent")
    assert query["logoutUrl"] == "https://educonnect.example/Logout"
    assert await checks(session) == []


async def test_a_student_without_birth_date(browser: Browser, session: AsyncSession) -> None:
    path, query = await browser.prove(outcome="incomplete")
    assert (path, query) == (FAILURE, {"logout_url": "https://educonnect.example/Logout"})
    assert await checks(session) == []


@pytest.mark.parametrize(
    ("years", "code"), [(18, "UserAgeNotValid18YearsOld"), (19, "UserAgeNotValid"), (14, "UserAgeNotValid")]
)
async def test_ages(browser: Browser, session: AsyncSession, years: int, code: str) -> None:
    path, query = await browser.prove(birth_date=birthday(date(2026, 1, 1), -years).isoformat())
    assert (path, query["code"]) == (FAILURE, code)
    (check,) = await checks(session)
    assert check.status == "ko"


async def test_another_reason_has_no_age_code(browser: Browser, session: AsyncSession) -> None:
    path, query = await browser.prove(last_name="Иванов")
    assert path == FAILURE
    assert "code" not in query
    (check,) = await checks(session)
    assert check.reason_codes == ["name_incorrect"]


async def test_an_ine_that_somebody_has(browser: Browser, session: AsyncSession) -> None:
    await YoungFactory.create(session, ine_hash="ine")
    await session.commit()
    assert (await browser.prove())[1]["code"] == "DuplicateINE"


async def test_somebody_with_a_credit_elsewhere(browser: Browser, session: AsyncSession) -> None:
    born = birthday(date(2026, 1, 1), -17)
    await YoungFactory.create(
        session, first_name="zoe", last_name="LEVY", date_of_birth=born, roles=["UNDERAGE_BENEFICIARY"]
    )
    await session.commit()
    assert (await browser.prove())[1]["code"] == "DuplicateUser"


async def test_once_and_for_all(browser: Browser, session: AsyncSession, clock: ClockControl) -> None:
    request_id = await browser.leave()
    encoded = await browser.response(request_id)
    assert (await browser.come_back(encoded))[0] == SUCCESS
    assert await browser.come_back(encoded) == (FAILURE, {})
    assert await browser.come_back(await browser.response(request_id)) == (FAILURE, {})
    assert len(await checks(session)) == 1


async def test_again_another_day_adds_nothing(browser: Browser, session: AsyncSession, clock: ClockControl) -> None:
    await browser.prove()
    clock.advance(days=1)
    assert (await browser.prove())[0] == SUCCESS
    assert len(await checks(session)) == 1


async def test_a_request_of_yesterday(browser: Browser, session: AsyncSession, clock: ClockControl) -> None:
    request_id = await browser.leave()
    clock.advance(hours=25)
    assert await browser.come_back(await browser.response(request_id)) == (FAILURE, {})


async def test_a_response_that_waited(browser: Browser, clock: ClockControl) -> None:
    encoded = await browser.response(await browser.leave())
    clock.advance(minutes=11)
    assert await browser.come_back(encoded) == (FAILURE, {})


async def test_a_closed_account(browser: Browser, session: AsyncSession, young: Account) -> None:
    encoded = await browser.response(await browser.leave())
    young.is_active = False
    await session.merge(young)
    await session.commit()
    assert await browser.come_back(encoded) == (FAILURE, {})
    assert await checks(session) == []
    assert (await browser.client.get("/saml/educonnect/login", headers=browser.headers)).status_code == 403


def _edited(encoded: str, edit: Any) -> str:
    root = etree.fromstring(b64decode(encoded))
    edit(root)
    return b64encode(etree.tostring(root)).decode()


NS = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "ds": "http://www.w3.org/2000/09/xmldsig#"}


def _second_assertion(root: Any) -> None:
    copy = etree.fromstring(etree.tostring(root.find("saml:Assertion", NS)))
    copy.set("ID", "_other")
    root.insert(0, copy)


def _same_id(root: Any) -> None:
    copy = etree.fromstring(etree.tostring(root.find("saml:Assertion", NS)))
    root.insert(0, copy)


def _comment(root: Any) -> None:
    value = root.findall(".//saml:AttributeValue", NS)[0]
    value.text, rest = "Zo", value.text[2:]
    comment = etree.Comment("x")
    comment.tail = rest
    value.append(comment)


def _no_reference(root: Any) -> None:
    root.find(".//ds:Reference", NS).set("URI", "")


def _moved_out(root: Any) -> None:
    root.append(root.find(".//ds:Signature", NS))


def _instruction(root: Any) -> None:
    root.insert(0, etree.ProcessingInstruction("x"))


def _later(root: Any) -> None:
    root.find(".//saml:SubjectConfirmationData", NS).set("NotOnOrAfter", "2030-01-01T00:00:00Z")


def _other_key(root: Any) -> None:
    root.find(".//ds:X509Certificate", NS).text = "AAAA"


@pytest.mark.parametrize("edit", [_second_assertion, _same_id, _no_reference, _moved_out, _instruction, _later])
async def test_edited_responses(browser: Browser, session: AsyncSession, edit: Any) -> None:
    encoded = _edited(await browser.response(await browser.leave()), edit)
    assert await browser.come_back(encoded) == (FAILURE, {})
    assert await checks(session) == []


async def test_a_comment_does_not_shorten_a_name(browser: Browser) -> None:
    """Comments are outside of the signature: the name must be read whole all the same."""
    path, query = await browser.come_back(_edited(await browser.response(await browser.leave()), _comment))
    assert (path, query.get("firstName")) in ((SUCCESS, "Zoé"), (FAILURE, None))


BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;</r>"""
)
OUTSIDE = b"""<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>"""


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"<a/>",
        b"<a",
        BOMB,
        OUTSIDE,
        OUTSIDE.decode().encode("utf-16"),
        b"<!doctype r><r/>",
        b"<a ID='1'><b ID='1'/></a>",
        b"<a/>" * 2,
        b"\xff" * 100,
        b"<a>" * 5_000,
    ],
)
async def test_documents_that_are_none(browser: Browser, content: bytes) -> None:
    assert await browser.come_back(b64encode(content).decode()) == (FAILURE, {})


def test_entities_are_refused_before_they_are_read() -> None:
    for content in (BOMB, OUTSIDE):
        with pytest.raises(BadXml, match="document type"):
            parse(content)
    with pytest.raises(BadXml):
        parse(b"<a>" + b"x" * 600_000 + b"</a>")


async def test_no_response_at_all(browser: Browser) -> None:
    assert (await browser.client.post("/saml/acs")).status_code == 401
    assert (await browser.client.post("/saml/acs", data={"SAMLResponse": ""})).status_code == 401
    assert (await browser.client.post("/saml/acs", content=b"SAMLResponse=" + b"A" * 3_000_000)).status_code == 413
    assert await browser.come_back("é%%%") == (FAILURE, {})


async def test_educonnect_is_away(browser: Browser, session: AsyncSession) -> None:
    await browser.client.post("/simulators/educonnect/mode", data={"mode": "down"})
    answer = await browser.client.get("/saml/educonnect/login", headers=browser.headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "IDCHECK_SERVICE_UNAVAILABLE")
    assert await session.scalar(select(func.count()).select_from(SamlRequest)) == 0


async def test_our_metadata(browser: Browser) -> None:
    answer = await browser.client.get("/saml/metadata")
    assert answer.headers["content-type"] == "application/samlmetadata+xml"
    root = parse(answer.content)
    assert root.get("entityID") == "http://localhost:5001/saml/metadata"
    assert b"http://localhost:5001/saml/acs" in answer.content
    assert b"PRIVATE" not in answer.content
    assert clock_module.now().year == 2026
