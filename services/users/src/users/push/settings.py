"""Settings of the pushes to the app."""

from __future__ import annotations

from pydantic import SecretStr

from users.sso.settings import SignOnSettings

SIMULATED_APP = "simulated"


class PushSettings(SignOnSettings):
    """Without keys nothing is pushed; a local stack then pushes to the simulator of this service."""

    batch_url: str = "https://api.batch.com"
    batch_rest_key: SecretStr = SecretStr("")
    # One key for each app: Android, iOS, web.
    batch_app_keys: tuple[str, ...] = ()

    @property
    def push_apps(self) -> tuple[str, ...]:
        """The apps that are pushed to; none where nobody is."""
        if self.batch_app_keys or not self.simulates:
            return self.batch_app_keys
        return (SIMULATED_APP,)
