"""Settings of the documents service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

ISSUER = (
    "pass Culture, société par actions simplifiée au capital de 1 000 000 € · 35 boulevard de Sébastopol, 75001 Paris · "
    "RCS Paris B 853 318 459 · SIREN 853 318 459 · Code NAF 7021 Z · TVA intracommunautaire FR65853318459"
)


class Settings(ServiceSettings):
    context: ClassVar[str] = "documents"

    # Rendering: processes, requests that may wait for one, and seconds that a caller waits in all.
    render_processes: int = Field(1, ge=1)
    render_waiting: int = Field(20, ge=0)
    render_timeout: float = Field(15.0, gt=0)
    # Whether the processes are started before the first request.
    render_warm: bool = True
    issuer: str = ISSUER

    # Where links in mails lead.
    app_url: str = "http://localhost:8082"
    portal_url: str = "http://localhost:3001"

    # `smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…:465`; without it mails stay in the mailbox.
    smtp_url: str | None = None
    smtp_timeout: float = Field(20.0, gt=0)
    mail_sender: str = "pass Culture <ne-pas-repondre@example.com>"
    support_email: str = "support@example.com"
    # Brevo's address and key; without them texts to telephones go to our simulator (production refuses to start its loop).
    sms_url: str = ""
    sms_api_key: SecretStr = SecretStr("")
    # Eleven characters at most, as telephones show it.
    sms_sender: str = Field("passCulture", max_length=11)
    mail_attempts: int = Field(12, ge=1)
    # How many mails are claimed at once and sent at the same time.
    mail_batch: int = Field(10, ge=1)
    # Seconds after which a claim without an answer counts as lost with its process.
    mail_claim_seconds: int = Field(600, ge=1)

    @property
    def shows_mailbox(self) -> bool:
        """Whether mails can be read at `/mailbox`: on a developer's machine and in tests alone."""
        return self.environment in ("local", "test")
