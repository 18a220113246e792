"""Which kind of broker carries the events of the local platform: Redis's streams, or NATS beside it."""

from enum import StrEnum
from pathlib import Path


class BrokerKind(StrEnum):
    """What `./pc start --broker` knows."""

    redis = "redis"
    nats = "nats"


def remembered(var: Path) -> BrokerKind:
    """The kind that the data below `var` were last used with. After a change the new broker is told what it lacks."""
    try:
        return BrokerKind((var / "broker").read_text().strip())
    except (OSError, ValueError):
        return BrokerKind.redis


def remember(var: Path, kind: BrokerKind) -> None:
    """Note the kind, for `./pc audit` and the next start."""
    var.mkdir(parents=True, exist_ok=True)
    (var / "broker").write_text(f"{kind}\n")
