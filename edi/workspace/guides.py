"""Reads partners' guides, `schemas/edifact/guides/<partner>/<message>.yaml`, with every problem at its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from edi.errors import ConfigError
from edi.formats.edifact import directory as directories
from edi.formats.edifact.directory import Directory
from edi.formats.edifact.guide import ElementRule, Guide, SegmentRule, Step, read_way
from edi.formats.edifact.guide_cross import CrossRule
from edi.formats.edifact.guide_fit import find_element, misfits
from edi.formats.yaml import reader
from edi.formats.yaml.problem import Problem, problem_of, suggest
from edi.workspace.agreement import MessageName, syntax_of
from edi.workspace.files import Files, ReadFile
from edi.workspace.guide_rules import RuleEntry, cross_rule
from edi.workspace.shapes import complain_about, complain_about_empty
from edi.workspace.tables import WorkspaceTables
from edi.workspace.values import Frozen, Whole

FOLDER = ("schemas", "edifact", "guides")
_LENGTH = re.compile(r"(\d{1,4})(?:\.\.(\d{1,4}))?|\.\.(\d{1,4})")
_USES = ("must", "may", "must_not")


class ElementEntry(Frozen):
    """One element of a rule; written short, a text is the only value taken, a list the values taken."""

    use: Literal["must", "may", "must_not"] = "may"
    codes: dict[str, str] = Field(default_factory=dict)
    length: str | None = None
    """`1..17`, `..17`, or `13` for exactly so many."""
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, str):
            return {"use": value} if value in _USES else {"use": "must", "codes": {value: ""}}
        return {"codes": value} if isinstance(value, list) else value

    @field_validator("codes", mode="before")
    @classmethod
    def _codes_as_list(cls, value: object) -> object:
        return {str(code): "" for code in value} if isinstance(value, list) else value

    @field_validator("length")
    @classmethod
    def _is_length(cls, value: str | None) -> str | None:
        if value is not None and not _LENGTH.fullmatch(value):
            raise ValueError(f"{value!r} is no length; write 1..17, ..17 or 13")
        return value

    def lengths(self) -> tuple[int, int | None]:
        """Fewest and most characters; None where any number will do."""
        found = _LENGTH.fullmatch(self.length or "")
        if found is None:
            return 0, None
        if found[3]:
            return 0, int(found[3])
        return int(found[1]), int(found[2] or found[1])


class SegmentEntry(Frozen):
    """One rule; written short, a text is its use."""

    use: Literal["must", "may", "must_not"] = "may"
    repeats: Whole | None = Field(default=None, ge=1)
    note: str = ""
    elements: dict[str, ElementEntry] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"use": value} if isinstance(value, str) else value


class GuideFile(Frozen):
    """The file's keys."""

    guide: str
    message: MessageName
    title: str = ""
    notes: tuple[str, ...] = ()
    unlisted: Literal["may", "must_not"] = "may"
    segments: dict[str, SegmentEntry]
    rules: tuple[RuleEntry, ...] = ()
    """What holds across fields."""

    @field_validator("message")
    @classmethod
    def _is_edifact(cls, value: str) -> str:
        if syntax_of(value) != "edifact":
            raise ValueError(f"{value!r} is no EDIFACT message; write e.g. ORDERS:D:96A:UN:EAN008")
        return value


class GuideError(ConfigError):
    """The operator corrects the guide."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join([f"the guide {name!r} is not right", *map(str, problems)]))
        self.problems = problems


def load(name: str, tables: WorkspaceTables) -> Guide:
    """The guide `acme/ORDERS`. Raises GuideError with every problem."""
    guide, problems = examine(name, tables)
    if guide is None or problems:
        raise GuideError(name, problems)
    return guide


def examine(name: str, tables: WorkspaceTables) -> tuple[Guide | None, tuple[Problem, ...]]:
    """The guide, as far as it can be read, and everything wrong with it."""
    path = "/".join((*FOLDER, f"{name}.yaml"))
    data = tables.read(*path.split("/"))
    if data is None:
        return None, (Problem(file=path, text="there is no such guide", code="config.reference"),)
    found = reader.read(data, source=path)
    text = reader.decode(data).value or ""
    if found.value is None:
        return None, tuple(problem_of(finding, file=path, text=text) for finding in found.findings)
    files = Files(Path())
    files.read[path] = ReadFile(path=path, text=text, node=found.value)
    guide = _typed(files, path, name, tables)
    return guide, files.sorted_problems()


def _typed(files: Files, path: str, name: str, tables: WorkspaceTables) -> Guide | None:
    node = files.read[path].node
    if node.kind != "mapping":
        files.complain(path, node, f"the file holds a {node.kind}; keys and values are expected")
        return None
    if complain_about_empty(files, path, node):
        return None
    try:
        read = GuideFile.model_validate(node.as_plain())
    except ValidationError as error:
        complain_about(files, path, node, error, GuideFile)
        return None
    if read.guide != name:
        files.complain(path, ("guide",), f"the guide is called {read.guide!r}, its file {name!r}", hint="give both one name")
    directory = _directory(files, path, read.message, tables)
    return _guide(files, path, read, directory) if directory else None


def _directory(files: Files, path: str, message: str, tables: WorkspaceTables) -> Directory | None:
    kind, version, release, _, *association = message.split(":")
    try:
        directory = directories.load(f"{version}.{release}", association=association[0] if association else "", tables=tables)
    except ConfigError as error:
        files.complain(path, ("message",), error.message, hint=error.hint, code="config.reference")
        return None
    if directory.message(kind) is None:
        hint = suggest(kind, directory.message_types())
        files.complain(path, ("message",), f"directory {directory.release} has no message {kind!r}", hint=hint, code="config.reference")
        return None
    return directory


def _guide(files: Files, path: str, read: GuideFile, directory: Directory) -> Guide:
    rules: list[SegmentRule] = []
    places: list[tuple[str, tuple[str, ...]]] = []
    for key, entry in read.segments.items():
        try:
            way = read_way(key)
        except ValueError as error:
            files.complain(path, _key(files, path, key), str(error), code="guide.way")
            continue
        elements = _elements(files, path, key, way, entry, directory)
        rules.append(SegmentRule(way=way, use=entry.use, repeats_max=entry.repeats, elements=tuple(elements.values()), note=entry.note))
        places.append((key, tuple(elements)))
    guide = Guide(
        name=read.guide,
        message=read.message,
        title=read.title,
        notes=read.notes,
        rules=tuple(rules),
        unlisted=read.unlisted,
        cross=tuple(_cross_rules(files, path, read, directory)),
    )
    for misfit in misfits(guide, directory):
        key, names = places[misfit.rule]
        where = _key(files, path, key) if misfit.element is None else _key(files, path, key, names[misfit.element])
        files.complain(path, where, misfit.text, hint=misfit.hint, code="guide.misfit")
    return guide


def _cross_rules(files: Files, path: str, read: GuideFile, directory: Directory) -> Iterator[CrossRule]:
    for index, entry in enumerate(read.rules):
        try:
            yield cross_rule(entry, directory, read.message.split(":")[0])
        except ValueError as error:
            files.complain(path, ("rules", index), str(error), code="guide.way")


def _elements(
    files: Files, path: str, key: str, way: tuple[Step, ...], entry: SegmentEntry, directory: Directory
) -> Mapping[str, ElementRule]:
    """The rules by their keys in the file."""
    segment = directory.segment(way[-1].tag)
    found: dict[str, ElementRule] = {}
    for name, element in entry.elements.items():
        if segment is None:
            continue
        try:
            position, component = find_element(segment, name)
        except ValueError as error:
            files.complain(path, _key(files, path, key, name), str(error), code="guide.element")
            continue
        shortest, longest = element.lengths()
        found[name] = ElementRule(
            element=position,
            component=component,
            use=element.use,
            codes=element.codes,
            length_min=shortest,
            length_max=longest,
            note=element.note,
        )
    return found


def _key(files: Files, path: str, segment: str, element: str | None = None) -> reader.Node:
    """The key of a rule, or of one of its elements."""
    segments = files.read[path].node.at(("segments",))
    if element is None:
        return segments.key(segment) or segments
    elements = segments.at((segment, "elements"))
    return elements.key(element) or elements
