"""Imported first by the programs of services: what prints in colour is not loaded along, since no server prints so.

structlog and httpx load rich, and that pygments, when they are there, and do without when not: some five megabytes in each
process, and a tenth of a second at each start. Who wants them later (the command line's help) loads them then.
"""

import sys

_ABSENT = [name for name in ("rich", "pygments") if name not in sys.modules]
for _name in _ABSENT:
    sys.modules[_name] = None  # type: ignore[assignment]
try:
    import httpx  # noqa: F401
    import structlog  # noqa: F401
finally:
    for _name in _ABSENT:
        del sys.modules[_name]
