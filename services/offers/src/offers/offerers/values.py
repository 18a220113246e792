"""The words of offerers and attachments."""

from __future__ import annotations

from enum import StrEnum


class ValidationStatus(StrEnum):
    """Where an offerer, or a person's attachment to one, stands."""

    NEW = "NEW"
    PENDING = "PENDING"
    VALIDATED = "VALIDATED"
    REJECTED = "REJECTED"
    DELETED = "DELETED"
    CLOSED = "CLOSED"
