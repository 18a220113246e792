"""Running a program as somebody who may do less: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system account, by number."""

    uid: int
    gid: int
    name: str


def unprivileged_account() -> Account:
    """An account that exists and is not root. No account is ever created."""
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, name)
    raise LocalError(
        "PostgreSQL refuses to run as root and this machine has neither the user `postgres` nor `nobody`. "
        "Run ./pc as an ordinary user."
    )


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may pass through every folder above `path`, links resolved."""
    resolved = path.resolve()
    for folder in (resolved, *resolved.parents):
        found = folder.stat()
        if found.st_uid == account.uid:
            allowed = found.st_mode & stat.S_IXUSR
        elif found.st_gid == account.gid:
            allowed = found.st_mode & stat.S_IXGRP
        else:
            allowed = found.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def chown_tree(path: Path, account: Account) -> None:
    """Give a file, or a folder and all in it, to the account."""
    os.chown(path, account.uid, account.gid, follow_symlinks=False)
    if path.is_dir() and not path.is_symlink():
        for parent, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(parent) / name, account.uid, account.gid, follow_symlinks=False)
