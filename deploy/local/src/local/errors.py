"""The one error of this package: a sentence for the person at the terminal."""


class LocalError(Exception):
    """Says in one or two sentences what went wrong and what to do; the command line prints it and exits with 1."""
