"""What a server does about its memory once it has started.

Modules, models and routes live as long as the process: hundreds of thousands of objects that Python's collector would look
at again and again while requests are served. Told by the profile of a booking, that was a fifth of its time.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable

# Young objects before the collector looks at them; and how many such looks before it looks at older ones.
_THRESHOLDS = (10_000, 20, 50)
# mallopt(3): from which size on a buffer is the system's again when it is freed, and how much of the heap's end is kept.
# glibc raises both by itself as it meets larger ones, and then keeps what a page of a megabyte once needed.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
_OPTIONS = {_M_MMAP_THRESHOLD: 512 * 1024, _M_TRIM_THRESHOLD: 4 * 1024 * 1024}

_serving = False


def start_serving() -> None:
    """Call when all is loaded, in a process that only serves from then on. In tests nobody does."""
    global _serving
    _serving = True
    gc.set_threshold(*_THRESHOLDS)
    set_option = _glibc("mallopt")
    if set_option is not None:
        for option, value in _OPTIONS.items():
            set_option(option, value)
    settle()


def settle() -> None:
    """Take what is there now for permanent, and give back to the system what is not needed any more."""
    if not _serving:
        return
    gc.collect()
    gc.freeze()
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _glibc(name: str) -> Callable[..., int] | None:
    """A function of glibc's alone; elsewhere there is no such function, and nothing to do."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
