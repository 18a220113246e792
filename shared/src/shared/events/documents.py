"""Facts that `documents` publishes."""

from __future__ import annotations

from typing import Any

from shared.events.envelope import Aggregate
from shared.events.features import feature_aggregate

FEATURE = feature_aggregate("documents")
AGGREGATES: tuple[Aggregate[Any], ...] = (FEATURE,)
