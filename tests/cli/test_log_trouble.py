"""A daemon whose log cannot be written, and one whose clock was never set (F-U09, F-T05)."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edi.cli.log_stream import LogStream
from tests.cli.conftest import edi
from tests.cli.running import workspace

ORDER = (Path(__file__).parents[2] / "edi/demo/acme-order-4711.edi").read_bytes()
NOT_READ = 1031
"""F_SETPIPE_SZ: a page is the least a pipe holds."""


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def never_read() -> int:
    _reader, writer = os.pipe()  # open, and nobody reads
    fcntl.fcntl(writer, NOT_READ, 4096)
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, b"x" * 512)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    return writer


def gone() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("broken", [full, never_read, gone, None], ids=["disk full", "never read", "reader gone", "closed"])
def test_f_u09_a_log_that_cannot_be_written_does_not_stop_the_work(tmp_path: Path, broken: Callable[[], int] | None) -> None:
    folder = tmp_path / "w"
    workspace(folder, {})
    inbox, outbox = folder / "data/acme/inbox", folder / "data/erp/incoming"
    inbox.mkdir(parents=True, exist_ok=True)
    for number in range(1, 13):  # some lines are logged about each
        changed = ORDER.replace(b"4711000017", b"%010d" % number).replace(b"BGM+220+4711", b"BGM+220+%d" % number)
        (inbox / f"{number}.edi").write_bytes(changed)
    words = [sys.executable, "-m", "edi", "run", "--as-root", "--json-log"]
    descriptor = broken() if broken else os.open(os.devnull, os.O_WRONLY)
    closing = {} if broken else {"preexec_fn": lambda: os.close(2)}
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # which would hide what Python keeps back
    daemon = subprocess.Popen(words, cwd=folder, env=usual, stdout=subprocess.DEVNULL, stderr=descriptor, **closing)  # type: ignore[call-overload]
    try:
        end = time.monotonic() + 60
        while len(list(outbox.glob("*.json"))) < 12:
            assert daemon.poll() is None, "it ended"
            assert time.monotonic() < end, "it hangs"
            time.sleep(0.1)
        daemon.send_signal(signal.SIGTERM)
        assert 0 == daemon.wait(60)
    finally:
        daemon.kill()
        daemon.wait()
        os.close(descriptor)
    assert 0 == edi("audit", "verify", folder=folder).code


@pytest.mark.storeless
def test_f_u09_how_many_lines_were_lost_is_said_when_lines_get_through_again() -> None:
    class Disk:
        full = True
        text = ""

        def write(self, text: str) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            self.text += text

        def flush(self) -> None:
            pass

    disk = Disk()
    stream = LogStream(disk)  # type: ignore[arg-type]
    for number in range(3):
        stream.write(f"line {number}\n")
    while not stream._lines.empty():
        time.sleep(0.01)
    time.sleep(0.05)
    disk.full = False
    stream.write("line 3\n")
    stream.close()

    assert "3 lines before this one could not be logged\nline 3\n" == disk.text


UNSET = """
import datetime, sys
class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(1970, 1, 1, 0, 2, tzinfo=tz)
datetime.datetime = Clock
from edi.cli import main
sys.argv = ["edi", "run", "--as-root", "--once"]
main()
"""


def test_f_t05_with_a_clock_that_was_never_set_nothing_is_sent_and_it_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    workspace(folder, {})
    (folder / "data/acme/inbox").mkdir(parents=True, exist_ok=True)
    (folder / "data/acme/inbox/1.edi").write_bytes(ORDER)
    done = subprocess.run([sys.executable, "-c", UNSET], cwd=folder, capture_output=True, text=True, env=dict(os.environ), check=False)

    assert 1 == done.returncode, done.stderr
    assert "the clock of this machine says 1970-01-01 00:02 UTC" in done.stderr
    assert ["1.edi"] == [place.name for place in (folder / "data/acme/inbox").glob("*.edi")]
