"""Settings that come in files, as container engines hand out secrets: nothing secret in an environment.

`KEY_ENCRYPTION_SECRET_FILE=/somewhere` names a file that holds KEY_ENCRYPTION_SECRET; without it, a file of the setting's
name in the folder SECRETS_DIRECTORY (`/run/secrets`) is taken. The environment's own value wins over both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import AliasChoices
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

DEFAULT_FOLDER = "/run/secrets"


def read_secret(name: str) -> str | None:
    """The content of the file for the setting `name` (lower case), without its last line's end; None without a file.

    Raises SettingsError when a file is named and cannot be read.
    """
    named = os.environ.get(f"{name.upper()}_FILE")
    path = Path(named) if named else Path(os.environ.get("SECRETS_DIRECTORY", DEFAULT_FOLDER)) / name
    if not named and not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name.upper()}_FILE names a file that cannot be read: {path} ({error})") from None


class SecretFiles(EnvSettingsSource):
    """The settings of a class whose values lie in files; everything else of them is as in the environment."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        found = {name: read_secret(name) for name in _names(settings_cls)}
        self.env_vars = {name: value for name, value in found.items() if value is not None}


def _names(settings_cls: type[BaseSettings]) -> Iterable[str]:
    """What the settings are called, aliases included, in lower case."""
    for name, field in settings_cls.model_fields.items():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices):
            yield from (choice.lower() for choice in alias.choices if isinstance(choice, str))
        yield (alias if isinstance(alias, str) else name).lower()
