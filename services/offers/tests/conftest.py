"""The tests of offers."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def context() -> str:
    return "offers"
