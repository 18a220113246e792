"""Settings of the offers service."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from pydantic import Field, SecretStr, model_validator

from shared.settings import ServiceSettings

_LOCAL_SECRET = "only-for-development-and-tests-never-in-production"  # noqa: S105


class Settings(ServiceSettings):
    """`key_encryption_secret` encrypts the signing key at rest; production has no default for it."""

    context: ClassVar[str] = "offers"

    key_encryption_secret: SecretStr = SecretStr(_LOCAL_SECRET)
    provider_token_seconds: int = Field(900, ge=60)
    # The largest image that a partner may send, in bytes, and the largest surface that is decoded, in pixels.
    image_max_bytes: int = Field(10_000_000, ge=1)
    image_max_pixels: int = Field(60_000_000, ge=1)

    @model_validator(mode="after")
    def _production_secrets(self) -> Settings:
        if self.is_production and self.key_encryption_secret.get_secret_value() == _LOCAL_SECRET:
            raise ValueError("KEY_ENCRYPTION_SECRET is not set")
        return self


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, for what is far from any request (addresses of images, limits)."""
    return Settings()
