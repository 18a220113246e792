import sys
from pathlib import Path

import pytest
import pytest_asyncio

# The sample stands where an installed service would.
FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))

from kinds import Kind, NatsKind, RedisKind, nats_server  # noqa: E402
from sample import events as sample_events  # noqa: E402

sys.modules.setdefault("shared.events.sample", sample_events)


@pytest.fixture(scope="session")
def context():
    return "sample"


@pytest.fixture(autouse=True)
def _folder(monkeypatch):
    # For these tests alone: a process runs those of services too.
    monkeypatch.setenv("PC_SERVICE_FOLDER", str(FOLDER / "sample"))


@pytest.fixture(scope="session")
def nats_url():
    """A NATS server with JetStream, for the whole session."""
    with nats_server() as running:
        yield running.url


@pytest.fixture(params=["redis", "nats"])
def broker_url(request):
    """A test that asks for it, or for `kind`, is run on every kind of broker."""
    return request.getfixturevalue("redis_url" if request.param == "redis" else "nats_url")


@pytest_asyncio.fixture
async def kind(broker_url) -> Kind:
    """The broker, empty."""
    made = NatsKind(broker_url) if broker_url.startswith("nats:") else RedisKind(broker_url)
    await made.forget()
    yield made
    await made.forget()
    await made.broker.close()


@pytest.fixture
def broker(kind):
    return kind.broker
