"""Whether the system libraries that draw PDF files are there (the bootstrap installs them where it may)."""

import importlib
import sys
from functools import cache
from types import ModuleType

from local.errors import LocalError
from local.paths import ROOT


@cache
def _bootstrap() -> ModuleType:
    """`pc_libraries` of the bootstrap, which lives outside this package because it must run without any."""
    folder = str(ROOT / "deploy" / "local" / "bootstrap")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module("pc_libraries")


def check_libraries() -> None:
    """Raise LocalError with the exact instruction when one is missing."""
    bootstrap = _bootstrap()
    missing: list[str] = bootstrap.missing_libraries()
    if missing:
        raise LocalError(
            f"The libraries that draw PDF files are missing ({', '.join(missing)}). "
            f"Please run:\n    {bootstrap.instructions(missing)}"
        )
