import os
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


@pytest.fixture(scope="session", autouse=True)
def _folder():
    os.environ["PC_SERVICE_FOLDER"] = str(FOLDER / "sample")
    yield
    del os.environ["PC_SERVICE_FOLDER"]
