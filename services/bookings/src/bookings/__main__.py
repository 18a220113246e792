"""`python -m bookings`."""

from __future__ import annotations

from bookings.commands import cli

if __name__ == "__main__":
    cli()
