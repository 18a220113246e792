"""What a person changes of their own profile, and the small pages around it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.storage import LocalStorage
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account, AccountAction, Achievement, SurveyAnswers
from users.accounts.rules import is_postal_code
from users.factories import YoungFactory
from users.survey.jobs import export_answers
from users.survey.rules import ANSWERS, Question, are_consistent


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(
        session, phone_validation_status="validated", recredit_amount_to_show_cents=150_00
    )
    await session.commit()
    return account


@pytest.fixture
def mine(tokens: Tokens, young: Account) -> dict[str, str]:
    return tokens.native(young.id)


async def edit(client: httpx.AsyncClient, headers: dict[str, str], body: Any, method: str = "PATCH") -> httpx.Response:
    return await client.request(method, "/native/v1/profile", json=body, headers=headers)


async def history(session: AsyncSession) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(AccountAction).where(AccountAction.type == "INFO_MODIFIED").order_by(AccountAction.id)
    )
    return [row.details["modified_info"] for row in rows]


@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_only_what_is_sent_changes(
    client: httpx.AsyncClient,
    young: Account,
    mine: dict[str, str],
    session: AsyncSession,
    events: EventRecorder,
    method: str,
) -> None:
    body = {
        "activityId": "STUDENT",
        "address": " 1 rue du Port ",
        "city": "Nouméa",
        "postalCode": "98800",
        "phoneNumber": "06 98 76 54 32",
        "origin": "profil",
        "subscriptions": {"marketingEmail": False, "marketingPush": True, "subscribedThemes": ["musique"]},
    }
    response = await edit(client, mine, body, method)
    assert response.status_code == 200, response.text
    profile = response.json()
    assert (profile["activityId"], profile["street"], profile["city"]) == ("STUDENT", "1 rue du Port", "Nouméa")
    assert (profile["postalCode"], profile["currency"], profile["phoneNumber"]) == ("98800", "XPF", "+33698765432")
    assert profile["subscriptions"] == {
        "marketingEmail": False,
        "marketingPush": True,
        "subscribedThemes": ["musique"],
    }
    await session.refresh(young)
    assert (young.activity, young.department_code, young.phone_validation_status) == ("Étudiant", "988", None)
    (change,) = await history(session)
    assert set(change) == {
        "activity",
        "address",
        "city",
        "postal_code",
        "department_code",
        "phone_number",
        "notification_subscriptions",
    }
    assert change["postal_code"] == {"old_info": "93000", "new_info": "98800"}
    assert len(await events.published("user.profile_updated")) == 1
    # The same again changes nothing, and neither does nothing.
    assert (await edit(client, mine, body, method)).status_code == 200
    assert (await edit(client, mine, {}, method)).json()["city"] == "Nouméa"
    assert (await edit(client, mine, {"city": None, "unknown": 3}, method)).json()["city"] == "Nouméa"
    assert len(await history(session)) == 1


async def test_an_empty_number_takes_the_number_away(client: httpx.AsyncClient, mine: dict[str, str]) -> None:
    assert (await edit(client, mine, {"phoneNumber": " "})).json()["phoneNumber"] is None


async def test_themes_stay_when_they_are_not_sent(client: httpx.AsyncClient, mine: dict[str, str]) -> None:
    await edit(
        client, mine, {"subscriptions": {"marketingEmail": True, "marketingPush": True, "subscribedThemes": ["a"]}}
    )
    response = await edit(client, mine, {"subscriptions": {"marketingEmail": False, "marketingPush": False}})
    assert response.json()["subscriptions"]["subscribedThemes"] == ["a"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"postalCode": "98811"}, "INELIGIBLE_POSTAL_CODE", None),
        ({"postalCode": "98885"}, "INELIGIBLE_POSTAL_CODE", None),
        ({"postalCode": "7500"}, None, "postalCode"),
        ({"postalCode": "2A004"}, None, "postalCode"),
        ({"postalCode": "٧٥٠٠١"}, None, "postalCode"),
        ({"postalCode": "7" * 10_000}, None, "postalCode"),
        ({"phoneNumber": "0123"}, "INVALID_PHONE_NUMBER", None),
        ({"phoneNumber": "+33899123456"}, "INVALID_PHONE_NUMBER", None),
        ({"phoneNumber": "+442071838750"}, "INVALID_COUNTRY_CODE", None),
        ({"activityId": "ASTRONAUT"}, None, "activityId"),
        ({"activityId": ["STUDENT"]}, None, "activityId"),
        ({"address": "x" * 10_000}, None, "address"),
        ({"city": "x" * 101}, None, "city"),
        ({"city": 3}, None, "city"),
        ({"city": "Li\x00lle"}, None, "__root__"),
        ({"subscriptions": {"marketingEmail": True}}, None, "subscriptions.marketingPush"),
        ({"subscriptions": "all"}, None, "subscriptions"),
        ([], None, "__root__"),
    ],
)
async def test_bad_profiles_are_refused_whole(
    client: httpx.AsyncClient,
    mine: dict[str, str],
    session: AsyncSession,
    body: Any,
    code: str | None,
    field: str | None,
) -> None:
    sent = {"city": "Lyon", **body} if isinstance(body, dict) and "city" not in body else body
    response = await edit(client, mine, sent)
    assert response.status_code == 400, response.text
    if code:
        assert response.json()["code"] == code
        assert response.json()["message"]
    else:
        assert list(response.json()) == [field]
    assert await history(session) == []


@given(st.text(max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_postal_code_is_five_digits(code: str) -> None:
    assert is_postal_code(code) == (len(code) == 5 and all(character in "0123456789" for character in code))


async def test_the_amount_to_show_is_shown_once(client: httpx.AsyncClient, mine: dict[str, str]) -> None:
    assert (await client.get("/native/v1/me", headers=mine)).json()["recreditAmountToShow"] == 150_00
    response = await client.post("/native/v1/reset_recredit_amount_to_show", headers=mine)
    assert (response.status_code, response.json()["recreditAmountToShow"]) == (200, None)
    assert (await client.get("/native/v1/me", headers=mine)).json()["recreditAmountToShow"] is None


async def mark(client: httpx.AsyncClient, headers: dict[str, str], ids: Any) -> httpx.Response:
    body = {"achievementIds": ids}
    return await client.post("/native/v1/achievements/mark_as_seen", json=body, headers=headers)


async def test_achievements_are_seen_once_by_their_holder(
    client: httpx.AsyncClient, young: Account, mine: dict[str, str], session: AsyncSession, clock: ClockControl
) -> None:
    stranger = await YoungFactory.create(session)
    made = [
        Achievement(account_id=owner, booking_id=1, name=name, unlocked_date=datetime(2026, 1, 1, tzinfo=UTC))
        for owner, name in (
            (young.id, "FIRST_BOOK_BOOKING"),
            (young.id, "FIRST_MOVIE_BOOKING"),
            (stranger.id, "FIRST_BOOK_BOOKING"),
        )
    ]
    session.add_all(made)
    await session.commit()
    ids = [achievement.id for achievement in made]
    for wrong in ([ids[0], ids[2]], [2**60]):
        response = await mark(client, mine, wrong)
        assert (response.status_code, response.json()) == (404, {"code": "ACHIEVEMENT_NOT_FOUND"})
    first = await mark(client, mine, [ids[0], ids[0]])
    assert [(item["id"], item["seenDate"]) for item in first.json()] == [(ids[0], "2026-02-10T12:00:00Z")]
    clock.advance(minutes=5)
    later = await mark(client, mine, ids[:2])
    assert [item["seenDate"] for item in later.json()] == ["2026-02-10T12:00:00Z", "2026-02-10T12:05:00Z"]
    for bad in ([2**64], [-1], ["x"], None):
        assert (await mark(client, mine, bad)).status_code == 400


async def test_feedback_is_heard(client: httpx.AsyncClient, mine: dict[str, str]) -> None:
    assert (await client.post("/native/v1/feedback", json={"feedback": "x" * 800}, headers=mine)).status_code == 204
    long = await client.post("/native/v1/feedback", json={"feedback": "x" * 801}, headers=mine)
    assert (long.status_code, list(long.json())) == (400, ["feedback"])
    assert (await client.post("/native/v1/feedback", json={"feedback": "x"})).status_code == 401


async def answer(client: httpx.AsyncClient, headers: dict[str, str], answers: Any) -> httpx.Response:
    return await client.post("/native/v1/cultural_survey/answers", json={"answers": answers}, headers=headers)


async def test_the_survey_is_asked_answered_and_exported(
    client: httpx.AsyncClient,
    young: Account,
    mine: dict[str, str],
    session: AsyncSession,
    database: Database,
    tmp_path: Path,
) -> None:
    asked = (await client.get("/native/v1/cultural_survey/questions", headers=mine)).json()["questions"]
    assert [question["id"] for question in asked] == [question.value for question in Question]
    festival = asked[0]["answers"][0]
    assert (festival["id"], festival["sub_question"]) == ("FESTIVAL", "FESTIVALS")
    said = [
        {"questionId": "SORTIES", "answerIds": ["FESTIVAL", "CINEMA"]},
        {"questionId": "FESTIVALS", "answerIds": ["FESTIVAL_LIVRE"]},
        {"questionId": "LIVRES", "answerIds": ["MANGAS"]},
    ]
    assert (await answer(client, mine, said)).status_code == 204
    await session.refresh(young)
    assert young.needs_to_fill_cultural_survey is False
    assert young.cultural_survey_filled_date == datetime(2026, 2, 10, 12, tzinfo=UTC)
    storage = LocalStorage(tmp_path, "http://nowhere")
    assert await export_answers(database, storage, dry_run=True) == {"would_export": 1}
    assert await export_answers(database, storage) == {"exported": 1}
    assert await export_answers(database, storage) == {"exported": 0}
    number = (await session.scalars(select(SurveyAnswers.id))).one()
    file = await storage.get(f"cultural_survey/2026-02-10/{young.id}-{number}.jsonl")
    assert file is not None
    line = json.loads(file.content)
    assert line["user_id"] == young.id
    assert {"question_id": "LIVRES", "answer_ids": ["MANGAS"]} in line["answers"]
    assert young.email.encode() not in file.content


@pytest.mark.parametrize(
    "answers",
    [
        [{"questionId": "SORTIES", "answerIds": ["MANGAS"]}],
        [{"questionId": "SORTIES", "answerIds": ["CINEMA", "CINEMA"]}],
        [{"questionId": "SORTIES", "answerIds": []}, {"questionId": "SORTIES", "answerIds": []}],
        [{"questionId": "AUTRE", "answerIds": []}],
        [{"questionId": "SORTIES", "answerIds": ["PLAGE"]}],
        [{"questionId": "SORTIES"}],
        "tout",
        None,
    ],
)
async def test_unknown_answers_are_refused(
    client: httpx.AsyncClient, young: Account, mine: dict[str, str], session: AsyncSession, answers: Any
) -> None:
    assert (await answer(client, mine, answers)).status_code == 400
    assert (await session.scalars(select(SurveyAnswers))).all() == []
    await session.refresh(young)
    assert young.needs_to_fill_cultural_survey is True


@given(st.lists(st.tuples(st.sampled_from(Question), st.lists(st.sampled_from(ANSWERS[Question.LIVRES]), max_size=3))))
@settings(max_examples=50, deadline=None)
def test_only_a_questions_own_answers_answer_it(said: list[Any]) -> None:
    answers = [(question, [item.id for item in given_]) for question, given_ in said]
    if are_consistent(answers):
        assert all(question is Question.LIVRES or not ids for question, ids in answers)
        assert len({question for question, _ in answers}) == len(answers)
