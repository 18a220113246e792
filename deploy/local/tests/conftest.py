"""Fixtures of the development command's own tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Postgres

FAST = {"fsync": "off", "full_page_writes": "off"}


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server of our own that no other test uses; stopped and removed afterwards."""
    server = Postgres(tmp_path / "postgres", settings=FAST)
    yield server
    server.destroy()
