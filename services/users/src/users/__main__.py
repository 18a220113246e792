"""`python -m users`."""

from users.commands import cli

if __name__ == "__main__":
    cli()
