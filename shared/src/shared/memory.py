"""What a server does about its memory once it has started.

Modules, models and routes live as long as the process: hundreds of thousands of objects that Python's collector would look
at again and again while requests are served. Told by the profile of a booking, that was a fifth of its time.
"""

from __future__ import annotations

import ctypes
import gc
import sys

# Young objects before the collector looks at them; and how many such looks before it looks at older ones.
_THRESHOLDS = (10_000, 20, 50)

_serving = False


def start_serving() -> None:
    """Call when all is loaded, in a process that only serves from then on. In tests nobody does."""
    global _serving
    _serving = True
    gc.set_threshold(*_THRESHOLDS)
    settle()


def settle() -> None:
    """Take what is there now for permanent, and give back to the system what is not needed any more."""
    if not _serving:
        return
    gc.collect()
    gc.freeze()
    if sys.platform.startswith("linux"):
        # glibc's alone; elsewhere there is no such function, and nothing to do.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
