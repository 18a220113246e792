"""The modules of the bootstrap, which live outside this package because they must run without any."""

import importlib
import sys
from types import ModuleType

from local.paths import ROOT


def load(name: str) -> ModuleType:
    """`pc_libraries`, `pc_environment` or `pc_progress`."""
    folder = str(ROOT / "deploy" / "local" / "bootstrap")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


def uv_environment() -> dict[str, str]:
    """What pip is configured with, in uv's words."""
    found: dict[str, str] = load("pc_environment").uv_environment()
    return found
