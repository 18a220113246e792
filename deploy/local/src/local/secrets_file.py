"""`.env.local.secret`: what one developer keeps to themselves, for the processes of the local stack."""

import re
from pathlib import Path

from local.errors import LocalError
from local.paths import ROOT

FILE = ROOT / ".env.local.secret"
_LINE = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)")


def local_secrets(file: Path = FILE) -> dict[str, str]:
    """The variables of the file; none when there is no file. Blank lines and lines that begin with # are left out, quotes
    around a value too. Raises LocalError for a line that is neither, without showing it.
    """
    if not file.is_file():
        return {}
    found = {}
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise LocalError(f"{file.name}, line {number}: not NAME=value.")
        value = match[2].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[match[1]] = value
    return found
