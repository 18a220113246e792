"""Whether the process of this container is well, for an image's health check: `python -S probe.py 6101/health/ready …`.

Run as a file, with nothing but the standard library: it starts every few seconds. The first address that anything
listens on is asked; the exit status is 0 when its answer is 200.
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Sequence

SECONDS = 8.0


def is_well(addresses: Sequence[str]) -> bool:
    """Ask `port/path` of this machine, in turn, until one is listened on."""
    for address in addresses:
        port, _, path = address.partition("/")
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=SECONDS)
        try:
            connection.request("GET", f"/{path}")
            return connection.getresponse().status == 200
        except ConnectionRefusedError:
            continue
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
    return False


if __name__ == "__main__":
    sys.exit(0 if is_well(sys.argv[1:]) else 1)
