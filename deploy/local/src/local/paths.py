"""Where things are in a checkout."""

import os
from pathlib import Path

ROOT = Path(os.environ.get("PC_ROOT") or Path(__file__).resolve().parents[4])
VAR = ROOT / "var"
LOGS = VAR / "log"
LOCKS = ROOT / "deploy" / "locks"
SNAPSHOTS = ROOT / "tests" / "contract"


def relative(path: Path) -> str:
    """The path as a person in the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
