"""Which sandboxes this checkout's databases already hold."""

from local.paths import VAR

_MARKER = VAR / "sandboxes"


def built() -> set[str]:
    """The names of the sandboxes built since the last reset."""
    try:
        return set(_MARKER.read_text().split())
    except OSError:
        return set()


def remember(name: str) -> None:
    """Note that a sandbox was built."""
    VAR.mkdir(parents=True, exist_ok=True)
    _MARKER.write_text("\n".join(sorted({*built(), name})) + "\n")
