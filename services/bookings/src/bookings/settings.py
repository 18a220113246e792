"""Settings of the bookings service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    context: ClassVar[str] = "bookings"

    # How many bookings a job changes in one transaction.
    job_batch: int = Field(500, ge=1)
