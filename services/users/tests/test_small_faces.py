"""Settings, feature flags, cookies."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from users.features.actions import install_flags, set_flag
from users.features.rules import FLAGS, PORTAL, UnknownFlag, resolve


async def test_settings_of_the_app(client: httpx.AsyncClient) -> None:
    response = await client.get("/native/v1/settings")
    assert response.status_code == 200
    body = response.json()
    assert body["isRecaptchaEnabled"] is False
    assert body["depositAmountsByAge"] == {"age_15": 0, "age_16": 0, "age_17": 5000, "age_18": 15000}
    assert body["bonification"] == {"bonusAmount": 5000, "qfThreshold": 700}
    assert body["rates"] == {"pacificFrancToEuro": 0.00838}
    assert body["wipEnableCreditV3"] is True
    assert body["enablePhoneValidation"] is False
    assert (body["accountCreationMinimumAge"], body["accountUnsuspensionLimit"]) == (15, 60)
    assert len(body["ineligiblePostalCodes"]) == 22
    assert body["objectStorageUrl"].startswith("http")


async def test_a_flag_shows_in_the_settings(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await set_flag(session, "ENABLE_PHONE_VALIDATION", True)
    await session.commit()
    assert (await client.get("/native/v1/settings")).json()["enablePhoneValidation"] is True
    with pytest.raises(UnknownFlag):
        await set_flag(session, "NOT_A_FLAG", True)


async def test_flags_of_the_portal(client: httpx.AsyncClient, session: AsyncSession) -> None:
    body = (await client.get("/features")).json()
    assert sorted(flag["name"] for flag in body) == sorted(PORTAL)
    assert len(body) == 12
    assert all(set(flag) == {"id", "name", "isActive"} for flag in body)
    await set_flag(session, "WIP_SWITCH_VENUE", True)
    await session.commit()
    assert {f["name"]: f["isActive"] for f in (await client.get("/features")).json()}["WIP_SWITCH_VENUE"] is True
    assert await install_flags(session) == 0


def test_flags_resolve_to_what_is_stored_else_declared() -> None:
    assert resolve({}) == {flag.name for flag in FLAGS if flag.default}
    assert resolve({flag.name: False for flag in FLAGS}) == frozenset()
    assert resolve({"VANISHED": True}) == resolve({})


GOOD: dict[str, Any] = {
    "deviceId": "d",
    "choiceDatetime": "2026-05-01T10:00:00Z",
    "consent": {"mandatory": ["a"], "accepted": ["b"], "refused": []},
}
PATHS = ["/native/v1/cookies_consent", "/users/cookies"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("more", [{}, {"userId": 3}, {"userId": None}, {"choiceDatetime": "2026-05-01T10:00:00"}])
async def test_cookie_choices_are_taken(client: httpx.AsyncClient, path: str, more: dict[str, Any]) -> None:
    response = await client.post(path, json={**GOOD, **more})
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "more",
    [
        {"other": 1},
        {"userId": "x"},
        {"userId": 2**70},
        {"userId": -1},
        {"choiceDatetime": "yesterday"},
        {"deviceId": None},
        {"deviceId": "a\x00"},
        {"consent": {"mandatory": ["a", "a"], "accepted": [], "refused": []}},
        {"consent": {"mandatory": [""], "accepted": [], "refused": []}},
        {"consent": {"mandatory": [], "accepted": []}},
        {"consent": {"mandatory": [], "accepted": [], "refused": [], "maybe": []}},
        {"consent": []},
    ],
)
async def test_bad_cookie_choices_are_400(client: httpx.AsyncClient, path: str, more: dict[str, Any]) -> None:
    response = await client.post(path, json={**GOOD, **more})
    assert response.status_code == 400, response.text
    assert response.json()
