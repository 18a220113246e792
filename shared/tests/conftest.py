import sys
from pathlib import Path

import pytest

# The sample stands where an installed service would.
FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))

from sample import events as sample_events  # noqa: E402

sys.modules.setdefault("shared.events.sample", sample_events)


@pytest.fixture(scope="session")
def context():
    return "sample"


@pytest.fixture(autouse=True)
def _folder(monkeypatch):
    # For these tests alone: a process runs those of services too.
    monkeypatch.setenv("PC_SERVICE_FOLDER", str(FOLDER / "sample"))
