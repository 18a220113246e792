"""Whether the system libraries that draw PDF files are there (the bootstrap installs them where it may)."""

from local.bootstrap import load
from local.errors import LocalError


def check_libraries() -> None:
    """Raise LocalError with the exact instruction when one is missing."""
    libraries = load("pc_libraries")
    missing: list[str] = libraries.missing_libraries()
    if missing:
        raise LocalError(
            f"The libraries that draw PDF files are missing ({', '.join(missing)}). "
            f"Please run:\n    {libraries.instructions(missing)}"
        )
