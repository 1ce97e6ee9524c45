"""The operator's files as bytes became nodes: what was read, and the list of everything wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edi.formats.yaml import reader
from edi.formats.yaml.problem import Problem, excerpt, problem_of
from edi.formats.yaml.reader import Node
from edi.limits import WORKSPACE_FILES_MAX, XREF_BYTES_MAX, YAML_BYTES_MAX

ARCHIVE: Final = "archive.yaml"
"""How long what is kept; a workspace may do without."""
NOTICES: Final = "notices.yaml"
"""Who is told what; a workspace may do without."""
MAY_NOT: Final = "give the account that runs edi access to it"

_CONFIGURED: Final = ("partners", "channels")
"""Folders whose every file is one partner or one channel."""

SECRET_KEY: Final = re.compile(
    r"(?i)(^|[_-])(password|passwd|passphrase|secret|token|authorization|cookie|api[_-]?key|private[_-]?key|credentials?)$"
)
"""Keys whose value is a secret whatever the channel kind says (Y10)."""

_SECRET_IN_LINE: Final = re.compile(
    r"(?i)(password|passwd|passphrase|secret|token|authorization|cookie|key|credentials?)['\"]?\s*:\s*(?!\$\{|['\"]\$\{)\S|-----BEGIN|://[^/\s:@]*:[^/\s@]+@"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """One YAML file that could be read."""

    path: str
    """Relative to the workspace, with `/`."""
    text: str
    node: Node


@dataclass(slots=True)
class Files:
    """All files of the workspace, and the problems found so far."""

    folder: Path
    read: dict[str, ReadFile] = field(default_factory=dict)
    """By path: routes.yaml, partners/*.yaml, channels/*.yaml."""
    mappings: dict[str, str] = field(default_factory=dict)
    """Path to text of what lies under mappings/: mappings, their tests, code tables; the mapping compiler reads them."""
    tables: dict[str, bytes] = field(default_factory=dict)
    """The bytes of the cross-reference tables under xref/."""
    hashes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def under(self, folder: str) -> Iterator[ReadFile]:
        """The files of `partners` or `channels`, by name."""
        return (self.read[path] for path in sorted(self.read) if path.startswith(folder + "/"))

    def complain(self, path: str, where: Node | reader.Path, text: str, *, hint: str | None = None, code: str = "config.value") -> None:
        """One more problem, at a node or at the path of keys and indexes in the file."""
        file = self.read.get(path)
        node = where if isinstance(where, Node) else file.node.at(where) if file else None
        self.problems.append(
            Problem(
                file=path,
                line=node.line if node else None,
                column=node.column if node else None,
                text=text,
                hint=hint,
                excerpt=shown(file.text, node) if file and node else None,
                code=code,
            )
        )

    def complain_line(self, path: str, line: int, text: str, *, hint: str | None = None) -> None:
        """One more problem in a line of a table."""
        self.problems.append(Problem(file=path, line=line, text=text, hint=hint, code="config.xref"))

    def text(self, path: str) -> str | None:
        """The characters of a table; None and a problem if it is not UTF-8."""
        data = self.tables[path]
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.complain_line(path, data[: error.start].count(b"\n") + 1, "the line is not UTF-8", hint="save the file as UTF-8")
            return None

    def node(self, path: str) -> Node | None:
        """A table in YAML; None with problems."""
        data = self.tables[path]
        found = reader.read(data, source=path)
        text = reader.decode(data).value
        self.problems += [problem_of(finding, file=path, text=text) for finding in found.findings]
        return found.value

    def place(self, path: str, where: reader.Path) -> str:
        """`routes.yaml:12` of a part of a file."""
        return f"{path}:{self.read[path].node.at(where).line}"

    def sorted_problems(self) -> tuple[Problem, ...]:
        """By file, line and column; said once."""
        unique = dict.fromkeys(self.problems)
        return tuple(sorted(unique, key=lambda problem: (problem.file, problem.line or 0, problem.column or 0)))

    def digest(self) -> str:
        """SHA-256 over every file's name and content."""
        lines = "".join(f"{path}\0{self.hashes[path]}\n" for path in sorted(self.hashes))
        return hashlib.sha256(lines.encode()).hexdigest()


def shown(text: str, node: Node) -> str | None:
    """The line and a caret; None where the line may hold a secret in clear text (P29)."""
    lines = text.splitlines()
    if not 1 <= node.line <= len(lines) or _SECRET_IN_LINE.search(lines[node.line - 1]):
        return None
    return excerpt(text, node.line, node.column)


def read_files(folder: Path) -> Files:
    """Every file of the workspace that decides what happens, read once."""
    files = Files(folder)
    read_yaml(files, "routes.yaml")
    for name in (ARCHIVE, NOTICES):
        if (folder / name).is_file():
            read_yaml(files, name)
    for name in _CONFIGURED:
        for path in _names(files, name):
            read_yaml(files, path)
    for path in (*_names(files, "mappings"), *_mapping_tables(files)):
        _read_mapping(files, path)
    _read_tables(files)
    return files


def _names(files: Files, name: str) -> list[str]:
    """Paths of a folder's YAML files; what looks like a slip of the pen is a problem."""
    place = files.folder / name
    try:
        found = sorted(entry.name for entry in place.iterdir() if entry.is_file() and not entry.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        files.complain(name, (), f"the folder cannot be read: {error.strerror}", hint=MAY_NOT, code="config.file")
        return []
    if len(found) > WORKSPACE_FILES_MAX:
        files.complain(name, (), f"the folder holds {len(found)} files; at most {WORKSPACE_FILES_MAX} are read")
        return []
    for entry in found:
        if entry.endswith(".yml"):
            files.complain(
                f"{name}/{entry}", (), "the file is not read: its name ends in .yml", hint=f"rename it to {entry.removesuffix('.yml')}.yaml"
            )
    return [f"{name}/{entry}" for entry in found if entry.endswith(".yaml")]


def _mapping_tables(files: Files) -> list[str]:
    """Code tables beside the mappings, in folders of their own or not."""
    found = [*(files.folder / "mappings").rglob("*.csv"), *(files.folder / "mappings").glob("*/*.yaml")]
    return sorted(place.relative_to(files.folder).as_posix() for place in found if place.is_file())


def read_yaml(files: Files, path: str) -> None:
    """Read one file, or say what is wrong with it."""
    data = _bytes(files, path)
    if data is None:
        return
    text = reader.decode(data).value
    found = reader.read(data, source=path)
    for finding in found.findings:
        problem = problem_of(finding, file=path, text=text if text is not None and not _line_is_secret(text, finding.where.line) else None)
        files.problems.append(problem)
    if found.value is not None and text is not None:
        files.read[path] = ReadFile(path=path, text=text, node=found.value)


def _line_is_secret(text: str, line: int | None) -> bool:
    lines = text.splitlines()
    return line is not None and 1 <= line <= len(lines) and bool(_SECRET_IN_LINE.search(lines[line - 1]))


def _read_mapping(files: Files, path: str) -> None:
    data = _bytes(files, path)
    text = reader.decode(data, source=path) if data is not None else None
    if text is None:
        return
    files.problems += [problem_of(finding, file=path) for finding in text.findings]
    if text.value is not None:
        files.mappings[path] = text.value


def _bytes(files: Files, path: str, bytes_max: int = YAML_BYTES_MAX) -> bytes | None:
    """The file's bytes, counted into the digest; None and a problem if they cannot be had."""
    place = files.folder / path
    try:
        size = place.stat().st_size
        if size > bytes_max:
            files.complain(path, (), f"the file has {size} bytes; at most {bytes_max} are read", code="config.limit")
            return None
        data = place.read_bytes()
    except OSError as error:
        files.complain(path, (), f"the file cannot be read: {error.strerror}", hint=MAY_NOT, code="config.file")
        return None
    files.hashes[path] = hashlib.sha256(data).hexdigest()
    return data


def _read_tables(files: Files) -> None:
    """Cross-reference tables, kept; the operator's schemas only hashed: they decide too, and are read when needed."""
    for path in _below(files, "xref"):
        data = _bytes(files, path, XREF_BYTES_MAX)
        if data is not None:
            files.tables[path] = data
    for path in _below(files, "schemas"):
        try:
            with (files.folder / path).open("rb") as opened:
                files.hashes[path] = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            files.complain(path, (), f"the file cannot be read: {error.strerror}", hint=MAY_NOT, code="config.file")


def _below(files: Files, name: str) -> Iterator[str]:
    """Paths of all files in a folder and the folders in it."""
    return (place.relative_to(files.folder).as_posix() for place in sorted((files.folder / name).rglob("*")) if place.is_file())
