"""What a partner puts into names and numbers reaches no terminal as a command to it (H08, T23)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
ORDER = (Path(__file__).parents[2] / "edi/demo/acme-order-4711.edi").read_bytes()
EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m"


@pytest.fixture
def folder(call: Call, tmp_path: Path) -> Path:
    """A workspace that received files whose names and contents hold escapes."""
    place = tmp_path / "w"
    call("init", str(place))
    inbox = place / "data/acme/inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    (place / "channels/acme-in.yaml").write_text(re.sub(r"ready: .*\n", "", (place / "channels/acme-in.yaml").read_text()))
    (inbox / f"a{EVIL}.edi").write_bytes(ORDER.replace(b"BGM+220+4711", f"BGM+220+47{EVIL}".encode("latin-1")))
    (inbox / f"b{EVIL}.edi").write_bytes(b"no document \x1b[2J at all")
    call("run", "--once", *(["--as-root"] if os.geteuid() == 0 else []), folder=place)
    return place


@pytest.mark.parametrize(
    "command",
    [("messages",), ("transmissions",), ("show", "T1"), ("show", "T2"), ("trace", "T1"), ("trace", "T2"), ("failures",), ("status",)],
)
def test_h08_t23_escapes_of_partners_do_nothing_to_a_terminal(call: Call, folder: Path, command: tuple[str, ...]) -> None:
    found = call(*command, folder=folder)

    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", found.out + found.err), repr(found.out)


def test_h08_t23_a_log_line_stays_one_line_without_escapes(call: Call, folder: Path) -> None:
    (folder / "data/acme/inbox" / f"c{EVIL}\n2026 error.edi").write_bytes(b"\x1b[2J")
    found = call("run", "--once", "--json-log", *(["--as-root"] if os.geteuid() == 0 else []), folder=folder)

    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", found.out + found.err), repr(found.err)
