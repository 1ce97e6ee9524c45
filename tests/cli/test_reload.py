"""SIGHUP to `edi run` and `edi web`: nobody is refused meanwhile, and other files are taken as a whole or not at all (P39, F-U04)."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx

from tests.cli.running import Running, running, started, workspace
from tests.servers.process import free_port


def taken(daemon: Running) -> int:
    return [json.loads(line)["event"] for line in daemon.lines()].count("workspace_taken")


def test_p39_who_calls_while_files_are_taken_waits_and_is_not_refused(tmp_path: Path) -> None:
    with running(tmp_path / "w") as daemon:
        over, refused, answered = threading.Event(), [], []

        def call() -> None:
            while not over.is_set():
                try:
                    answered.append(httpx.get(f"http://127.0.0.1:{daemon.port}/health", trust_env=False, timeout=30).status_code)
                except httpx.TransportError as error:
                    refused.append(repr(error))

        caller = threading.Thread(target=call)
        caller.start()
        for number in range(1, 4):
            daemon.hang_up()
            daemon.until(lambda number=number: taken(daemon) == number, "the files")
        over.set()
        caller.join()

    assert [] == refused
    assert {200} == set(answered)


def pages(port: int) -> str:
    return f"pages: apart\nstatus: {{url: 'http://127.0.0.1:{port}/status', listen: '127.0.0.1:{port}'}}\n"


def test_p39_pages_apart_take_other_files_when_told_and_keep_theirs_if_those_are_broken(tmp_path: Path) -> None:
    folder, first, second = tmp_path / "w", free_port(), free_port()
    workspace(folder, {"web.yaml": pages(first)})
    with started(folder, first, "/status/", "web") as daemon:
        (folder / "web.yaml").write_text("status: [broken")
        daemon.hang_up()
        daemon.until(lambda: "workspace_refused" in daemon.log.read_text(), "the refusal")
        assert 403 == daemon.ask("/status/").status_code, "the page still asks who calls"

        (folder / "web.yaml").write_text(pages(second))
        daemon.hang_up()
        daemon.until(lambda: httpx.get(f"http://127.0.0.1:{second}/status/", trust_env=False).status_code == 403, "the other port")
        daemon.until(lambda: taken(daemon) == 1, "the files")
        try:
            daemon.ask("/status/")
        except httpx.ConnectError:
            pass
        else:
            raise AssertionError("the old port still answers")
