"""`python -m offers`."""

from __future__ import annotations

from offers.commands import cli

if __name__ == "__main__":
    cli()
