"""House rules that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "edi").rglob("*.py"))
PURE = [path for path in SOURCES if path.relative_to(ROOT / "edi").parts[0] in {"formats", "documents", "mapping"}]
LINES_MAX = 500
FUNCTION_LINES_MAX = 80
DYNAMIC_IMPORTS = {"edi/cli/app.py", "edi/channels/__init__.py", "edi/library_ubl.py"}


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_no_module_is_longer_than_a_person_reads_in_one_go() -> None:
    long = {
        name: lines for path, name in zip(SOURCES, names(SOURCES), strict=True) if (lines := len(path.read_text().splitlines())) > LINES_MAX
    }

    assert long == {}


def test_no_function_is_longer_than_a_screen_and_a_half() -> None:
    long = {
        f"{name}:{function}": lines
        for path, name in zip(SOURCES, names(SOURCES), strict=True)
        for function, lines in functions(path)
        if lines > FUNCTION_LINES_MAX and "/migrations/" not in name  # a migration is a list
    }

    assert long == {}


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    silent = [
        name
        for path, name in zip(SOURCES, names(SOURCES), strict=True)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_the_pure_floors_never_ask_for_the_time() -> None:
    asking = [name for path, name in zip(PURE, names(PURE), strict=True) if re.search(r"\.(now|utcnow|today)\(", path.read_text())]

    assert asking == []


def test_modules_are_imported_by_name_in_two_files_only() -> None:
    dynamic = {
        name for path, name in zip(SOURCES, names(SOURCES), strict=True) if re.search(r"\b(import_module|__import__)\(", path.read_text())
    }

    assert dynamic <= DYNAMIC_IMPORTS


def test_the_workspace_folders_hold_no_code() -> None:
    found = [
        str(path.relative_to(ROOT)) for folder in ("mappings", "channels", "partners", "schemas") for path in (ROOT / folder).rglob("*.py")
    ]

    assert found == []


def test_nothing_is_unpickled_or_evaluated_from_data() -> None:
    """Threat T02: bytes from a store or a partner never become code (T30)."""
    banned = re.compile(
        r"^\s*(import|from) (pickle|shelve|dill|jsonpickle)\b|(?s:^import yaml$.*)yaml\.(load|unsafe_load|full_load)\(|os\.system\(",
        re.MULTILINE,
    )

    assert [name for path, name in zip(SOURCES, names(SOURCES), strict=True) if banned.search(path.read_text())] == []


def test_code_comes_from_the_sealed_cache_of_mappings_alone() -> None:
    marshals = re.compile(r"^\s*(import|from) marshal\b", re.MULTILINE)

    assert [name for path, name in zip(SOURCES, names(SOURCES), strict=True) if marshals.search(path.read_text())] == [
        "edi/mapping/plain.py"
    ]


def test_the_locks_carry_hashes_and_no_addresses() -> None:
    """T36."""
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text()

        assert "://" not in text
        assert "--index" not in text
        assert "--hash=sha256:" in text


def test_the_project_names_no_machine() -> None:
    machine = re.compile(r"(?<![\w.-])/(work|root)/|(?<![\w/])/tmp/")
    found = []
    for path in tracked():
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".sh", ".txt", ".cfg"} or path.name == "Makefile":
            text = path.read_text(errors="replace")
            if path != Path(__file__) and machine.search(text):
                found.append(path.relative_to(ROOT).as_posix())

    assert found == []
