"""What operators do beside the platform."""

from __future__ import annotations

import os
import sys

from local.platform import Platform
from local.run import capture


def command(platform: Platform, service: str, *words: str) -> str:
    """A command of a service, as an operator gives it; what it printed."""
    environment = {**os.environ, **platform.topology.environment(), **platform.servers.addresses()}
    status, printed, errors = capture([sys.executable, "-m", service, *words], environment)
    assert status == 0, errors
    return printed + errors
