"""`./pc test fuzz`: what pytest is told."""

import os

from local.errors import LocalError


def fuzz(given: list[str]) -> tuple[list[str], dict[str, str]]:
    """pytest's arguments and environment. `--examples 200` sends so many requests to each operation, others each time."""
    rest, environment = list(given), {}
    if "--examples" in rest:
        at = rest.index("--examples")
        examples = rest[at + 1] if at + 1 < len(rest) else ""
        if not examples.isdigit() or int(examples) < 1:
            raise LocalError("`--examples` wants a number of one or more: ./pc test fuzz --examples 200")
        del rest[at : at + 2]
        environment["FUZZ_EXAMPLES"] = examples
    # One worker a service, as far as there are processors.
    return ["-n", str(min(os.cpu_count() or 1, 4)), "tests/fuzz", *rest], environment
