"""How often Python looks for what nobody needs any more, in programs that work through messages."""

from __future__ import annotations

import gc


def look_less_often() -> None:
    """Call when what a program needs is loaded: it stays to the end, and is looked through no more."""
    gc.freeze()
    # A message is some ten thousand lists and dicts and no cycle; at Python's 700 the collector takes a tenth of its translation.
    gc.set_threshold(20_000)
    gc.enable()
