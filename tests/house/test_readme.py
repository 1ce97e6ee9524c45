"""What README and documentation tell people to do is there, and works as it stands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from edi.cli.app import COMMANDS, app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def test_the_library_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "order.edi").write_bytes((ROOT / "edi/demo/acme-order-4711.edi").read_bytes())
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert '"number": "4711"' in done.stdout


def test_the_commands_it_names_exist() -> None:
    named = set(re.findall(r"\bedi ([a-z]+)", README)) - {"import"}

    assert named <= set(COMMANDS), named - set(COMMANDS)


def calls(page: Path) -> Iterator[list[str]]:
    """What a page tells people to type, up to a pipe or a redirection."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for line in re.findall(r"^edi (.*)$", block.replace("\\\n", " ").replace("&& edi", "\nedi"), re.MULTILINE):
            yield list(takewhile(lambda word: word not in {"|", ">", "&&", "||"}, shlex.split(line, comments=True)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_tells_people_to_type_is_understood(page: Path) -> None:
    for words in calls(page):
        command, rest = get_command(app), words[2:] if words[0] == "-w" else words
        while hasattr(command, "get_command"):
            name, *rest = rest
            command = command.get_command(typer.Context(command), name)
            assert command is not None, words
        command.make_context(words[0], rest)  # raises where an option or argument is none, or missing


def test_the_make_targets_it_names_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE)) <= targets


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"


def test_every_page_stands_in_the_index() -> None:
    docs = ROOT / "docs"
    index = {(docs / link).resolve() for link in re.findall(r"\]\(([^)#:]+)", (docs / "README.md").read_text(encoding="utf-8"))}
    generated = docs / "reference/documents"

    assert [page for page in docs.rglob("*.md") if page.resolve() not in index | {docs / "README.md"} and page.parent != generated] == []


def test_every_heading_that_is_linked_is_there() -> None:
    for page in PAGES:
        for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", page.read_text(encoding="utf-8")):
            target = page.parent / link if link else page
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            known = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in known, f"{page.relative_to(ROOT)}: #{anchor}"
