"""The secrets of a deployment on this machine: a file each, made at random once, for deploy/compose.yaml."""

import secrets
from pathlib import Path

from local.paths import VAR
from local.topology import SERVICES

FOLDER = VAR / "docker" / "secrets"
_ALONE = (
    "postgres_password",
    "key_encryption_secret",
    "storage_s3_access_key",
    "storage_s3_secret_key",
    "grafana_password",
)


def make(folder: Path = FOLDER) -> list[str]:
    """Make the secrets that are missing; their names.

    The folder is closed to others; the files are not, since a container reads them as a user of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = []

    def keep(name: str, value: str) -> str:
        path = folder / name
        if not path.exists():
            path.write_text(value + "\n")
            path.chmod(0o644)
            made.append(name)
        return path.read_text().strip()

    databases = (f"database_password_{item}" for item in SERVICES)
    for name in (*_ALONE, *databases):
        keep(name, secrets.token_urlsafe(32))
    password = keep("redis_password", secrets.token_urlsafe(32))
    keep("redis_url", f"redis://:{password}@valkey:6379/0")
    return made
