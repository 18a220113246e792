"""`python -m bookings`."""

from __future__ import annotations

import shared.lean  # noqa: F401  (first: it keeps out of memory what no server uses)
from bookings.commands import cli

if __name__ == "__main__":
    cli()
