"""Settings of the users service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator, model_validator

from users.eligibility.rules import Reform
from users.features.declared import Flag
from users.push.settings import PushSettings

_LOCAL_SECRET = "only-for-development-and-tests-never-in-production"  # noqa: S105


class Settings(PushSettings):
    """`key_encryption_secret` encrypts the signing keys at rest; production has no default for it."""

    context: ClassVar[str] = "users"

    key_encryption_secret: SecretStr = SecretStr(_LOCAL_SECRET)
    # A new signing key is published this long before it signs, so that every verifier knows it by then.
    key_activation_delay_seconds: int = Field(900, ge=0)

    access_token_minutes: int = Field(15, ge=1)
    refresh_token_days: int = Field(31, ge=1)
    trusted_refresh_token_days: int = Field(366, ge=1)
    # Two tabs of a browser may show the same refresh token at once: within this time that is no theft.
    refresh_reuse_grace_seconds: int = Field(20, ge=0)

    portal_session_days: int = Field(14, ge=1)
    portal_session_grace_days: int = Field(15, ge=1)
    portal_session_grace_idle_minutes: int = Field(60, ge=1)
    portal_cookie_days: int = Field(90, ge=1)

    # Argon2id. The defaults are RFC 9106's second choice; tests set the lowest cost.
    argon2_time_cost: int = Field(3, ge=1)
    argon2_memory_kib: int = Field(65_536, ge=8)
    argon2_parallelism: int = Field(4, ge=1)
    hashing_threads: int = Field(2, ge=1)
    # Every refusal of a sign-in takes at least this long, whatever hash the account has, or none.
    signin_refusal_floor_ms: int = Field(400, ge=0)
    signin_account_attempts: int = Field(10, ge=1)
    signin_address_attempts: int = Field(200, ge=1)
    signin_window_seconds: int = Field(900, ge=1)

    # Answers about an address that may be unknown take at least this long.
    unknown_account_floor_ms: int = Field(250, ge=0)
    # Whether sign-ups ask the DNS if mail reaches the address' domain; in production unless told otherwise.
    check_email_deliverability: bool | None = None

    email_resends: int = Field(3, ge=0)
    email_resends_hours: int = Field(24, ge=1)
    email_change_requests: int = Field(3, ge=0)
    email_change_requests_days: int = Field(3, ge=1)
    portal_email_change_requests: int = Field(5, ge=0)
    portal_email_change_requests_hours: int = Field(24, ge=1)
    email_change_token_hours: int = Field(24, ge=1)
    sms_limit: int = Field(3, ge=0)
    sms_window_hours: int = Field(12, ge=1)
    phone_code_attempts: int = Field(3, ge=1)
    phone_code_window_days: int = Field(30, ge=1)
    blocked_phone_numbers: frozenset[str] = frozenset()
    suspicious_login_mails: int = Field(5, ge=0)

    # Without a secret no captcha is verified, and the front-ends are told so.
    recaptcha_secret: SecretStr | None = None
    # Google's own when empty; on a local stack the simulator of this service.
    recaptcha_url: str = ""

    # Whether birthdays at which a right opens are mailed.
    notify_newly_eligible_users: bool = True

    # Where links in mails lead.
    app_url: str = "http://localhost:8082"
    portal_url: str = "http://localhost:3001"

    # The law's own date: the third credit replaces the former ones.
    credit_v3_decree_datetime: datetime = datetime(2025, 3, 1, tzinfo=UTC)
    object_storage_url: str = ""

    @field_validator("credit_v3_decree_datetime")
    @classmethod
    def _utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @model_validator(mode="after")
    def _production_secrets(self) -> Settings:
        if self.is_production and self.key_encryption_secret.get_secret_value() == _LOCAL_SECRET:
            raise ValueError("KEY_ENCRYPTION_SECRET is not set")
        return self

    def reform(self, flags: frozenset[Flag]) -> Reform:
        """The decree of the third credit as this deployment knows it."""
        return Reform(self.credit_v3_decree_datetime, Flag.WIP_FREE_ELIGIBILITY in flags)

    @property
    def checks_deliverability(self) -> bool:
        return self.is_production if self.check_email_deliverability is None else self.check_email_deliverability

    @property
    def images_url(self) -> str:
        """Where front-ends read stored files."""
        return self.object_storage_url or self.storage_public_url
