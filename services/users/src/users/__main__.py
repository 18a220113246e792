"""`python -m users`."""

import shared.lean  # noqa: F401  (first: it keeps out of memory what no server uses)
from users.commands import cli

if __name__ == "__main__":
    cli()
