"""Progress on the error stream, so that the output of a command stays its own."""

import contextlib
import itertools
import sys
import threading
import time
from collections.abc import Iterator


class Failure(Exception):
    """A sentence for the person at the terminal."""


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Show that something is going on, then how long it took. A spinner on a terminal, two plain lines elsewhere."""
    started = time.monotonic()
    finished = threading.Event()
    live = sys.stderr.isatty()

    def spin() -> None:
        for frame in itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"):
            sys.stderr.write(f"\r{frame} {what} ({time.monotonic() - started:.0f} s) ")
            sys.stderr.flush()
            if finished.wait(0.1):
                return

    spinner = threading.Thread(target=spin, daemon=True)
    if live:
        spinner.start()
    else:
        print(f"· {what} …", file=sys.stderr, flush=True)
    mark = "✗"
    try:
        yield
        mark = "✓"
    finally:
        finished.set()
        if live:
            spinner.join()
            sys.stderr.write("\r\033[K")
        print(f"{mark} {what} ({time.monotonic() - started:.1f} s)", file=sys.stderr, flush=True)
