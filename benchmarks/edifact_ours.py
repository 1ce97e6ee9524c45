"""Our side of a comparison between processes: MODE FILE; reads the file as a stream and prints seconds, peak memory and a count as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from edi.formats.edifact import directory, fast


def validated(stream: IO[bytes]) -> Iterable[object]:
    tables = directory.load("D.96A", association="EAN008")
    for each in fast.validate_stream(stream, lambda _: tables):
        assert not getattr(each, "findings", ()), each
        yield each


MODES: dict[str, Callable[[IO[bytes]], Iterable[object]]] = {
    "segments": fast.segments,
    "elements": fast.elements,
    "components": fast.components,
    "validate": validated,
}


def main() -> None:
    mode, *files = sys.argv[1:]
    seconds, count = 0.0, 0
    # The first file may be there to warm up only: the last one's time is told.
    for file in files:
        start = time.perf_counter()
        with Path(file).open("rb") as stream:
            count = sum(1 for _ in MODES[mode](stream))
        seconds = time.perf_counter() - start
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "counted": count}))


if __name__ == "__main__":
    main()
