"""What a job frees stays with its process, for what it makes next; and garbage is looked for seldom.

Fits and figures make and free arrays of some hundred kilobytes by the thousand. The C library gives such memory back to
the system at once and asks for it again page by page, which took a tenth of the time of an entry's trials. Which
numbers come out does not hang on it.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

# of <malloc.h>: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD; bytes
_SETTINGS = {-1: 1 << 28, -3: 1 << 25}
_GARBAGE = (50_000, 20, 20)  # new objects between collections: these processes are short


def keep_freed() -> None:
    """Tell the C library so, where it is one that can be told (glibc's `mallopt`)."""
    if sys.platform != "linux":
        return
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in _SETTINGS.items():
            mallopt(parameter, value)


def collect_seldom() -> None:
    """Look for garbage seldom from here on, and never among what is there now, such as imported modules."""
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
