"""What contract tests share: the committed snapshots and the place of the reference contracts, where there are any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
REFERENCES = HERE.parents[2] / "shared"


@pytest.fixture(scope="session")
def references() -> Path:
    """The folder with the front-ends' reference contracts; tests that need it are skipped where it is not."""
    if not (REFERENCES / "tools" / "conformance.py").is_file():
        pytest.skip(f"no reference contracts beside the checkout ({REFERENCES.name}/ is missing): nothing is compared")
    return REFERENCES


@pytest.fixture(scope="session")
def openapi() -> dict[str, dict[str, Any]]:
    """The committed OpenAPI document of each surface."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "openapi").glob("*.json"))}
