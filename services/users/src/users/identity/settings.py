"""Settings of what proves identities: where each partner is, and what opens it."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class IdentitySettings(ServiceSettings):
    """Without its address a partner is the simulator of this service; in production it is closed (answers 503).

    Keys and certificates are PEM, given whole or as the path of a file.
    """

    # Where partners and browsers reach the platform.
    public_url: str = "http://localhost:5001"
    # Files that nobody reads over HTTP.
    private_storage_directory: str = "var/private"
    backoffice_url: str = "http://localhost:5001/backoffice"
    fraud_team_email: str = "equipe-fraude@example.com"

    ubble_url: str = ""
    ubble_client_id: str = ""
    ubble_client_secret: SecretStr = SecretStr("")
    ubble_client_certificate: str = ""
    ubble_client_key: SecretStr = SecretStr("")
    ubble_webhook_public_key: str = ""
    # Of the first version of Ubble's API, whose files are still read.
    ubble_webhook_secret: SecretStr = SecretStr("")
    ubble_calls_per_minute: int = Field(200, ge=1)

    # The identity provider's metadata: a path or an address.
    educonnect_metadata: str = ""
    educonnect_entity_id: str = ""
    educonnect_key: SecretStr = SecretStr("")
    educonnect_certificate: str = ""
    educonnect_request_hours: int = Field(24, ge=1)
    educonnect_response_minutes: int = Field(10, ge=1)

    dms_url: str = ""
    dms_token: SecretStr = SecretStr("")
    dms_webhook_token: SecretStr = SecretStr("")
    dms_instructor_id: str = ""
    dms_procedure_french: int = Field(47380, ge=1)
    dms_procedure_foreign: int = Field(47480, ge=1)
    dms_inactivity_days: int = Field(30, ge=1)

    household_url: str = ""
    household_token: SecretStr = SecretStr("")
    household_siret: str = "85331845900049"
    household_calls_per_minute: int = Field(200, ge=12)

    @property
    def simulates(self) -> bool:
        """Whether partners without an address are played by this service itself."""
        return self.environment in ("local", "test")

    def partner_url(self, url: str, name: str) -> str:
        """Where a partner is; empty when it is closed."""
        if url or not self.simulates:
            return url
        return f"{self.users_url.rstrip('/')}/simulators/{name}"

    @property
    def saml_entity_id(self) -> str:
        return self.educonnect_entity_id or f"{self.public_url.rstrip('/')}/saml/metadata"

    @property
    def saml_acs_url(self) -> str:
        return f"{self.public_url.rstrip('/')}/saml/acs"
