"""Ctrl-C and SIGTERM: asked once, everything stops cleanly; asked twice, we stop waiting."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop(Exception):
    """Somebody asked us to stop."""


class Interruption:
    """Turns signals into a `Stop` raised in the main thread, once; while `shielded`, they only set `asked`."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._shielded = False

    @contextmanager
    def listening(self) -> Iterator["Interruption"]:
        """Handle SIGINT, SIGTERM and SIGHUP for as long as the block runs."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._handle) for number in numbers}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def shield(self) -> None:
        """From here on a signal no longer raises: the clean-up has begun."""
        self._shielded = True

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        first = not self.asked.is_set()
        self.asked.set()
        if first and not self._shielded:
            raise Stop
