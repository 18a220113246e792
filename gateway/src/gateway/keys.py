"""Where the issuers' last good keys outlive the gateway's process: files in its state directory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from gateway.catalogue import write_atomically

log = structlog.get_logger(__name__)


class FileKeyStore:
    """The key store of `shared.identity`'s verifier. A directory that cannot be written costs a warning only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def load(self, issuer: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self._file(issuer).read_bytes)
        except OSError:
            return None

    async def save(self, issuer: str, document: bytes) -> None:
        try:
            await asyncio.to_thread(write_atomically, self._file(issuer), document)
        except OSError as error:
            log.warning("keys.not_saved", issuer=issuer, error=str(error))

    def _file(self, issuer: str) -> Path:
        return self._directory / f"jwks-{issuer}.json"
