"""The object storage port: images, tickets and exports live behind it.

Keys are relative paths such as `thumbs/mediations/ABC`. What is stored under a public folder is reachable by anyone at
`public_url(key)`.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]*(/[A-Za-z0-9][A-Za-z0-9_.@-]*)*")


@dataclass(frozen=True)
class StoredObject:
    content: bytes
    content_type: str


class Storage(Protocol):
    """Where files are kept. `get` answers None for an unknown key; `delete` of an unknown key does nothing."""

    async def put(self, key: str, content: bytes, content_type: str) -> None: ...

    async def get(self, key: str) -> StoredObject | None: ...

    async def delete(self, key: str) -> None: ...

    async def delete_starting(self, start: str) -> int:
        """Delete every object whose key starts so (the folder written in full); how many."""
        ...

    def public_url(self, key: str) -> str: ...


def checked_key(key: str) -> str:
    if not _KEY.fullmatch(key) or len(key) > 500:
        raise ValueError(f"not a storage key: {key!r}")
    return key


class LocalStorage:
    """Files in a directory, each beside a `.type` file that holds its MIME type."""

    def __init__(self, directory: Path, public_url: str) -> None:
        self._directory = directory
        self._public_url = public_url.rstrip("/")

    def public_url(self, key: str) -> str:
        return f"{self._public_url}/{checked_key(key)}"

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        await asyncio.to_thread(self._put, self._directory / checked_key(key), content, content_type)

    async def get(self, key: str) -> StoredObject | None:
        return await asyncio.to_thread(self._get, self._directory / checked_key(key))

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._delete, self._directory / checked_key(key))

    async def delete_starting(self, start: str) -> int:
        return await asyncio.to_thread(self._delete_starting, self._directory / checked_key(start))

    @staticmethod
    def _type_file(path: Path) -> Path:
        return path.with_name(path.name + ".type")

    def _put(self, path: Path, content: bytes, content_type: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The type first: a reader that finds the file finds its type too.
        _write_atomically(self._type_file(path), content_type.encode())
        _write_atomically(path, content)

    def _get(self, path: Path) -> StoredObject | None:
        try:
            return StoredObject(path.read_bytes(), self._type_file(path).read_text())
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def _delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._type_file(path).unlink(missing_ok=True)

    def _delete_starting(self, start: Path) -> int:
        found = [path for path in start.parent.glob(f"{start.name}*") if path.is_file()]
        for path in found:
            path.unlink(missing_ok=True)
        return sum(path.suffix != ".type" for path in found)


def _write_atomically(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
