"""`python -m documents`."""

from __future__ import annotations

from documents.commands import cli

if __name__ == "__main__":
    cli()
