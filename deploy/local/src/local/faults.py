"""`./pc test faults`: what pytest is told."""

import os

from local.errors import LocalError


def faults(given: list[str]) -> tuple[list[str], dict[str, str]]:
    """pytest's arguments and environment. `--times 10` does all of it ten times, each time on a new platform, and as many
    times at once as there are processors: a fault is mostly waiting for what notices it."""
    rest, times = list(given), "1"
    if "--times" in rest:
        at = rest.index("--times")
        times = rest[at + 1] if at + 1 < len(rest) else ""
        if not times.isdigit() or int(times) < 1:
            raise LocalError("`--times` wants a number of one or more: ./pc test faults --times 10")
        del rest[at : at + 2]
    at_once = min(os.cpu_count() or 1, int(times))
    return ["-n", str(at_once if at_once > 1 else 0), "tests/faults", *rest], {"FAULTS": "all", "FAULTS_TIMES": times}
