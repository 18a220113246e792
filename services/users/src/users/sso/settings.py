"""Settings of the sign-on by Google and Apple."""

from __future__ import annotations

from pydantic import SecretStr

from users.identity.settings import IdentitySettings


class SignOnSettings(IdentitySettings):
    """A provider without its client id is the simulator of this service; in production it is closed (answers 503)."""

    google_issuer: str = "https://accounts.google.com"
    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    # What the code was given for: a window of the web app says so, the phone's library says nothing.
    google_redirect_uri: str = ""
    google_web_redirect_uri: str = "postmessage"

    apple_issuer: str = "https://appleid.apple.com"
    # The web's service, and the app itself on a phone.
    apple_client_id: str = ""
    apple_app_client_id: str = ""
    apple_redirect_uri: str = ""
    apple_web_redirect_uri: str = ""
    apple_team_id: str = ""
    apple_key_id: str = ""
    # PEM, given whole or as the path of a file.
    apple_private_key: SecretStr = SecretStr("")
