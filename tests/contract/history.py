"""What was promised at the last release, read from git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def git(*words: str) -> str | None:
    """What git prints; None when it fails."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout if done.returncode == 0 else None


def at_last_release(path: str) -> dict[str, Any] | None:
    """A JSON file of the repository at the last release (the newest tag `v*`), else one commit ago, else now; None where
    it was not there.
    """
    tag = (git("describe", "--tags", "--abbrev=0", "--match", "v*") or "").strip()
    for revision in filter(None, (tag, "HEAD^", "HEAD")):
        text = git("show", f"{revision}:{path}")
        if text is not None:
            return json.loads(text)
    return None
