"""Settings of the bookings service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    context: ClassVar[str] = "bookings"

    # How often the worker looks whether seats, money and facts agree; it reads whole tables.
    audit_interval_seconds: float = Field(3_600, gt=0)

    # How many bookings a job changes in one transaction.
    job_batch: int = Field(500, ge=1)
