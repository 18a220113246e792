"""Settings, cookies."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


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
