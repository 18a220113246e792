"""Facts that `documents` publishes: none yet."""

from __future__ import annotations

from typing import Any

from shared.events.envelope import Aggregate

AGGREGATES: tuple[Aggregate[Any], ...] = ()
