"""The words of products."""

from __future__ import annotations

from enum import StrEnum


class GcuCompatibility(StrEnum):
    """Whether the terms of use let a product be offered."""

    COMPATIBLE = "COMPATIBLE"
    PROVIDER_INCOMPATIBLE = "PROVIDER_INCOMPATIBLE"
    FRAUD_INCOMPATIBLE = "FRAUD_INCOMPATIBLE"


class ProductImageType(StrEnum):
    POSTER = "poster"
    RECTO = "recto"
    VERSO = "verso"
