"""One setting decides which broker carries events."""

import subprocess
import sys

import pytest
from pydantic import ValidationError
from sample.settings import Settings

from shared.events.brokers import open_broker


def settings(**values):
    return Settings(environment="test", redis_url="redis://127.0.0.1:9/3", **values)


@pytest.mark.parametrize(
    ("url", "system"),
    [("", "redis"), ("rediss://broker/0", "redis"), ("nats://a:4222,nats://b:4222", "nats"), ("tls://a:4222", "nats")],
)
def test_the_address_says_which_kind(url, system):
    assert open_broker(settings(broker_url=url)).system == system


def test_without_it_events_are_where_the_rest_of_redis_is():
    assert settings().events_url == "redis://127.0.0.1:9/3"
    assert settings(broker_url="nats://a:4222").events_url == "nats://a:4222"
    assert settings(broker_url="nats://a:4222").redis_url == "redis://127.0.0.1:9/3"


def test_another_kind_is_refused_at_the_start():
    with pytest.raises(ValidationError, match="BROKER_URL begins with"):
        settings(broker_url="kafka://a:9092")


def test_a_process_loads_the_client_of_its_own_kind_alone():
    code = (
        "import sys; from shared.settings import ServiceSettings; from shared.events.brokers import open_broker;"
        "open_broker(type('S', (ServiceSettings,), {'context': 'users', '__module__': 'x'})());"
        "sys.exit('nats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
