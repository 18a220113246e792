"""The metadata of the bookings database, outbox and inbox included."""

from __future__ import annotations

from shared.database import new_base

Base = new_base()
