"""`--json` everywhere, and exit codes as promised: a walk over every command there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from edi.cli.app import app
from edi.errors import EdiError
from tests.cli.conftest import Called

ROOT = Path(__file__).parents[2]
ORDER = ROOT / "edi/demo/acme-order-4711.edi"

WITHOUT = {
    "what it writes is a document or a page": {
        "convert", "contrl", "fmt", "mapping draft", "mapping fmt", "mapping doc", "mapping schema", "guide build", "guide draft", "ubl sample",
        "ubl bindings", "api openapi", "audit export", "cert export",
    },
    "it serves, or asks a person": {"web", "mapping watch", "channel trust", "demo"},
    "it makes or changes files or one row and says so in a line": {
        "init", "patch", "api make", "api revoke", "directory import", "ubl import", "rules add", "cert activate", "cert refuse", "cert create",
        "cert import", "cert rollover", "partner link", "db upgrade", "store expire", "store hold", "link make", "link revoke",
    },
    "it has JUnit for programs, or its own report": {"mapping test", "partner test"},
}  # fmt: skip
"""Commands that have no --json, by the reason why."""

READING = [
    "check", "inspect {order}", "validate {order}", "diff {order} {order}", "status", "failures", "messages", "transmissions", "acks",
    "show M1", "show T1", "show O1", "show D1", "trace 4711", "explain M1", "replay T1 --dry-run", "top", "alerts list", "alerts test",
    "channel list", "channel test acme-in", "mapping check", "mapping explain M1", "mapping coverage orders-eancom {order}", "api list", "directory list", "guide list", "cert staged", "ubl show Invoice", "rules list", "audit verify", "audit show", "audit head", "cert list", "cert check", "db check",
    "store plan", "link list", "render {order}", "poll acme-in", "hold O99", "release O99", "discard T99 --why x", "cancel O99 --why x",
    "ignore M99 --why x", "retry O99", "resend O99", "resubmit O99 --why x", "waive A99 --why x",
]  # fmt: skip
"""Each reads only, or is refused."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words."""
    if not hasattr(command, "list_commands"):
        yield " ".join(path), command
        return
    context = typer.Context(command, info_name="edi")
    for name in command.list_commands(context):
        yield from commands(command.get_command(context, name), (*path, name))


def has_json(command: Any) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


def test_every_command_has_json_but_those_with_a_reason() -> None:
    without = {name for name, command in commands(get_command(app)) if not has_json(command)}
    assert without - set().union(*WITHOUT.values()) == set()
    assert {name for names in WITHOUT.values() for name in names} - without == set(), "these have it now"


@pytest.mark.parametrize("words", READING)
def test_json_is_json_and_nothing_else(demo: tuple[Path, Called], words: str) -> None:
    folder, _ = demo
    arguments = [word.format(order=ORDER) for word in words.split(" ")]
    done = CliRunner().invoke(app, ["-w", str(folder), *arguments, "--json"], catch_exceptions=True)
    assert not isinstance(done.exception, EdiError), done.exception
    assert done.exit_code in {0, 2}, done.output
    json.loads(done.stdout)


def test_every_command_with_json_is_walked_or_changes_something() -> None:
    known = {words.split(" --")[0] for words in READING}
    changing = {"run", "send"}
    needing = {
        "guide check",
        "rules run",
        "audit verify-heads",
        "audit verify-pack",
        "mapping diff",
    }  # a guide, rules, a pack, another mapping: their own tests
    unwalked = {
        name
        for name, command in commands(get_command(app))
        if has_json(command) and name not in changing | needing and not any(one == name or one.startswith(name + " ") for one in known)
    }
    assert unwalked == set()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("status",), 2),
        (("alerts", "list"), 2),
        (("messages",), 0),
        (("show", "M999"), 1),
        (("check",), 0),
        (("no-such-verb",), 1),
        (("alerts", "test"), 2),
        (("release", "O999"), 2),
        (("run", "--once"), 1),
    ],
)
def test_exit_codes_are_as_promised(
    demo: tuple[Path, Called], call: Callable[..., Called], arguments: tuple[str, ...], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 done, 1 could not run, 2 ran and something failed or is held; 3 is tested with a second daemon."""
    done = call("-w", demo[0], *arguments, folder=demo[0])
    if arguments[0] == "run":
        import os

        code = code if os.geteuid() == 0 else done.code
    assert (done.code, "Traceback" in done.err) == (code, False), done.err


def test_completion_finds_verbs_families_and_options(call: Callable[..., Called]) -> None:
    for words, expected in (("edi sta", "status"), ("edi alerts l", "list"), ("edi status --j", "--json")):
        environment = {
            "_EDI_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
            "_TYPER_COMPLETE_ARGS": words,
        }
        assert expected in completion(environment)


def completion(environment: dict[str, str]) -> str:
    """What the shell would be told; `edi` as it is installed."""
    import os
    import subprocess
    import sys

    command = [str(Path(sys.executable).with_name("edi"))]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60).stdout
