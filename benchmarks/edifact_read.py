"""EDIFACT reading and validation: against pydifact in the same run, cost against size, memory against size.

Gates P1 to P3, V and M of the published goals. Peers that stand in environments of their own are added by the harness.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.generate import mixed
from edi.formats.edifact import directory, fast, reader, validation

PAIRS = 5
BYTES = 4_000_000
PEER_BYTES = 150_000
"""Of the same data; pydifact needs a second for less than a megabyte."""


def run(scale: float) -> list[dict[str, Any]]:
    data = mixed(max(200_000, int(BYTES * scale)))
    sample = _first_messages(data, max(60_000, int(PEER_BYTES * scale)))
    tables = directory.load("D.96A", association="EAN008")
    return [
        _against_pydifact("P1 segments / pydifact", data, sample, fast.segments, 150.0, 250.0),
        _against_pydifact("P2 elements / pydifact", data, sample, fast.elements, 60.0, 90.0),
        _against_pydifact("P3 components / pydifact", data, sample, fast.components, 20.0, 60.0),
        _against_pydifact("   messages with segments / pydifact", data, sample, lambda source: reader.stream(BytesIO(source)), None, None),
        _against_pydifact(
            "V  full validation / pydifact parsing only",
            data,
            sample,
            lambda source: fast.validate_stream(source, lambda _: tables),
            None,
            None,
        ),
        _in_hand(data, tables),
        _linear(scale, tables),
        _memory(scale),
        _long_message(scale),
    ]


def _against_pydifact(
    name: str, data: bytes, sample: bytes, ours: Callable[[bytes], Iterable[object]], gate: float | None, stretch: float | None
) -> dict[str, Any]:
    """Megabytes a second, ours and theirs by turns; the ratio is the median of pairs."""
    _exhaust(ours(data))
    pairs = [(_rate(lambda: ours(data), len(data)), _rate(lambda: _pydifact(sample), len(sample))) for _ in range(PAIRS)]
    return {
        "name": name,
        "ours": statistics.median(mine for mine, _ in pairs),
        "peer": statistics.median(theirs for _, theirs in pairs),
        "ratio": statistics.median(mine / theirs for mine, theirs in pairs),
        "gate": gate,
        "stretch": stretch,
        "unit": "MB/s",
    }


def _in_hand(data: bytes, tables: directory.Directory) -> dict[str, Any]:
    """Validation of messages already read, and how much slower the exact check is than the quick judge."""
    (found,) = reader.read(data).value or ()
    size = len(data)

    def exact() -> Iterable[object]:
        return (validation.validate(each, _Fresh(tables)) for each in found.messages[:20])

    share = sum(each.segments[-1].offset - each.segments[0].offset for each in found.messages[:20])
    _exhaust(validation.validate(each, tables) for each in found.messages)
    quick = _rate(lambda: (validation.validate(each, tables) for each in found.messages), size)
    slow = _rate(exact, share)
    return {
        "name": "   validate in hand / first of its kind",
        "ours": quick,
        "peer": slow,
        "ratio": quick / slow,
        "gate": None,
        "unit": "MB/s",
    }


class _Fresh(directory.Directory):
    """The same directory as if never used, so that no judge stands ready."""

    def __init__(self, known: directory.Directory) -> None:
        self.__dict__.update(known.__dict__)


def _linear(scale: float, tables: directory.Directory) -> dict[str, Any]:
    """Time for ten times the bytes, as a share of ten times the time; 1 is linear, more is better than linear."""
    small, large = mixed(int(1_000_000 * scale)), mixed(int(10_000_000 * scale))
    _exhaust(fast.validate_stream(small, lambda _: tables))
    rates = [_rate(lambda each=each: fast.validate_stream(each, lambda _: tables), len(each)) for each in (small, large)]  # type: ignore[misc]
    return {
        "name": "L  validation, 10x the bytes",
        "ours": rates[1],
        "peer": rates[0],
        "ratio": rates[1] / rates[0],
        "gate": 0.7,
        "unit": "MB/s",
    }


def _memory(scale: float) -> dict[str, Any]:
    """Peak memory of a process that validates much, against one that validates little: 1 is flat."""
    small, large = (_peak(f"validate_generated({int(size * scale)})") for size in (1_000_000, 50_000_000))
    return {"name": "M1 peak memory, 1x / 50x the bytes", "ours": large, "peer": small, "ratio": small / large, "gate": 0.9, "unit": "MB"}


def _long_message(scale: float) -> dict[str, Any]:
    """The same for a single message of 200,000 lines."""
    small, large = (_peak(f"validate_long_message({int(lines * scale)})") for lines in (2_000, 200_000))
    return {
        "name": "M2 peak memory, message of 2 k / 200 k lines",
        "ours": large,
        "peer": small,
        "ratio": small / large,
        "gate": 0.5,
        "unit": "MB",
    }


def _peak(call: str) -> float:
    code = f"import benchmarks.edifact_read as me; me.{call}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def validate_generated(size: int) -> None:
    """Validate that many bytes without ever holding them, and print the process's peak memory in megabytes."""
    from benchmarks.generate import Writer

    class Source:
        def __init__(self) -> None:
            self._parts = Writer().mixed(size)

        def read(self, _: int, /) -> bytes:
            return next(self._parts, b"")

    tables = directory.load("D.96A", association="EAN008")
    assert all(not getattr(each, "findings", ()) for each in fast.validate_stream(Source(), lambda _: tables))
    print(_own_peak())


def validate_long_message(lines: int) -> None:
    """Validate one message of that many lines, and print the process's peak memory and the size of the data in megabytes."""
    from benchmarks.generate import long_message_parts

    parts = long_message_parts(lines)

    class Source:
        def read(self, _: int, /) -> bytes:
            return next(parts, b"")

    tables = directory.load("D.96A", association="EAN005")
    assert all(not getattr(each, "findings", ()) for each in fast.validate_stream(Source(), lambda _: tables))
    print(_own_peak())


def _own_peak() -> float:
    """Megabytes; from the kernel's high-water mark, since ru_maxrss is inherited from the parent process."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _pydifact(sample: bytes) -> Iterable[object]:
    from pydifact.parser import Parser

    return Parser().parse(sample.decode("latin-1"))


def _first_messages(data: bytes, size: int) -> bytes:
    return data[: data.index(b"UNT+", size)].rpartition(b"'")[0] + b"'"


def _exhaust(things: Iterable[object]) -> None:
    for _ in things:
        pass


def _rate(make: Callable[[], Iterable[object]], size: int) -> float:
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        _exhaust(make())
        return size / (time.perf_counter() - start) / 1e6
