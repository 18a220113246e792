"""What is committed is what the code serves and publishes now."""

from __future__ import annotations

import pytest

from local import snapshots


@pytest.fixture(scope="module")
def expected() -> dict:
    return snapshots.expected()


def test_snapshots_are_fresh(expected: dict) -> None:
    assert snapshots.differences(expected) == []


def test_every_operation_says_who_may_call_it_and_how_it_refuses(openapi: dict) -> None:
    for surface, document in openapi.items():
        for path, item in document["paths"].items():
            for method, operation in item.items():
                where = f"{method.upper()} {path}"
                assert operation.get("operationId"), where
                refusals = [status for status in operation["responses"] if status.startswith("4")]
                assert refusals, where
                schemes = {name for requirement in operation.get("security", []) for name in requirement}
                assert schemes <= {"native": {"JWTAuth"}, "pro": {"SessionAuth"}, "public": {"ApiKeyAuth"}}[surface], (
                    where
                )


def test_nothing_of_the_house_is_published(openapi: dict) -> None:
    paths = [path for document in openapi.values() for path in document["paths"]]
    assert paths
    assert not [
        path for path in paths if path.startswith(("/internal", "/health", "/metrics", "/simulators", "/mailbox"))
    ]
