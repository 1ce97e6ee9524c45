"""Reads one YAML file into nodes that know their line and column, and refuses what surprises people.

Rule 1: every scalar is text. `NO`, `012`, `1.10` and `12:30` stay what was typed; the schema of the file types them.
Rule 2: no tags, no anchors or aliases, no merge keys, no second document, no key twice: each is a finding, never a guess.
Rule 3: size and depth are bounded while reading, not afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import yaml

from edi.findings import Finding, Location, Outcome
from edi.formats.yaml.slips import explain
from edi.limits import YAML_BYTES_MAX, YAML_DEPTH_MAX

Kind: TypeAlias = Literal["scalar", "mapping", "sequence"]
Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
Path: TypeAlias = "tuple[str | int, ...]"

_PARSER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it (ten times faster), the same grammar in Python elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of the file. `text` is a scalar's, `items` a sequence's, `entries` a mapping's; the others are empty."""

    kind: Kind
    line: int
    """From 1."""
    column: int
    """In characters, from 1."""
    text: str = ""
    items: tuple[Node, ...] = ()
    entries: tuple[tuple[Node, Node], ...] = ()
    """Key and value, in the order of the file; keys are scalars and differ."""
    plain: bool = False
    """True for a scalar written without quotes and not as a block; an absent value is plain and empty."""

    @property
    def value(self) -> str | tuple[Node, ...] | tuple[tuple[Node, Node], ...]:
        """Whichever of `text`, `items`, `entries` the kind has."""
        match self.kind:
            case "scalar":
                return self.text
            case "sequence":
                return self.items
            case "mapping":
                return self.entries

    @property
    def empty(self) -> bool:
        """True where a value was left out: `key:` and nothing behind it."""
        return self.kind == "scalar" and self.plain and not self.text

    def keys(self) -> tuple[str, ...]:
        """A mapping's keys in the order of the file; nothing for the others."""
        return tuple(key.text for key, _ in self.entries)

    def key(self, name: str) -> Node | None:
        """The node of a key itself, for pointing at it; None if the mapping has no such key."""
        return next((key for key, _ in self.entries if key.text == name), None)

    def get(self, name: str) -> Node | None:
        """A mapping's value by key; None if there is none."""
        return next((value for key, value in self.entries if key.text == name), None)

    def at(self, path: Path) -> Node:
        """The deepest node that exists on the way along keys and indexes (from 0); itself for an empty path."""
        node = self
        for step in path:
            further = node._step(step)
            if further is None:
                break
            node = further
        return node

    def _step(self, step: str | int) -> Node | None:
        if isinstance(step, int) and self.kind == "sequence":
            return self.items[step] if step < len(self.items) else None
        return self.get(str(step))

    def where(self, source: str | None = None) -> Location:
        """Its place for a finding."""
        return Location(source=source, line=self.line, column=self.column)

    def as_plain(self) -> Plain:
        """Text, lists and dictionaries only; every scalar is text, an absent value is empty text."""
        match self.kind:
            case "scalar":
                return self.text
            case "sequence":
                return [item.as_plain() for item in self.items]
            case "mapping":
                return {key.text: value.as_plain() for key, value in self.entries}


def read(text: bytes | str, *, source: str | None = None) -> Outcome[Node]:
    """The root node of the file, or None with what is wrong with it.

    Duplicate keys, tags and aliases are all collected; a syntax error or a limit ends the reading.
    An empty file is refused: no file of ours may be empty.
    """
    decoded = decode(text, source=source)
    if decoded.value is None:
        return Outcome(None, decoded.findings)
    builder = _Builder(source)
    try:
        for event in _events(decoded.value):
            if not builder.take(event):
                break
    except yaml.YAMLError as error:
        builder.findings.append(_syntax(error, decoded.value, source))
    if builder.root is None and not builder.findings:
        builder.findings.append(_finding("empty", "the file holds no value", Location(source=source, line=1, column=1)))
    return Outcome(None if builder.findings else builder.root, tuple(builder.findings))


def decode(text: bytes | str, *, source: str | None = None) -> Outcome[str]:
    """The file's characters: UTF-8 with or without byte order mark, at most `YAML_BYTES_MAX` bytes."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > YAML_BYTES_MAX:
        where = Location(source=source)
        sentence = f"the file has {len(data)} bytes; at most {YAML_BYTES_MAX} are read"
        return Outcome(None, (_finding("limit", sentence, where, hint="split it into several files"),))
    try:
        return Outcome(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        where = Location(source=source, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))
        sentence = f"byte {data[error.start : error.start + 1].hex()!r} is not UTF-8"
        return Outcome(None, (_finding("encoding", sentence, where, hint="save the file as UTF-8"),))


def _events(text: str) -> Iterator[yaml.Event]:
    loader = _PARSER(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
            if isinstance(event, yaml.StreamEndEvent):
                return
    finally:
        loader.dispose()


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    kind: Kind
    line: int
    column: int
    items: list[Node] = field(default_factory=list)
    """Items, or keys and values by turns."""
    seen: dict[str, int] = field(default_factory=dict)
    """A mapping's keys so far, with their lines."""


class _Builder:
    """Makes nodes from the parser's events with a stack of its own: depth costs no recursion."""

    def __init__(self, source: str | None) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.documents = 0

    def take(self, event: yaml.Event) -> bool:
        """False when reading further makes no sense."""
        match event:
            case yaml.ScalarEvent():
                self._refuse_decoration(event)
                self._add(_scalar(event))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_decoration(event)
                return self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._add(_closed(self.stack.pop()))
            case yaml.AliasEvent():
                hint = "write the value out here"
                self._complain("alias", f"the alias *{event.anchor} stands for a value written elsewhere", event, hint)
                line, column = _place_of(event)
                self._add(Node(kind="scalar", line=line, column=column))
            case yaml.DocumentStartEvent():
                return self._start_document(event)
        return True

    def _start_document(self, event: yaml.Event) -> bool:
        self.documents += 1
        if self.documents > 1:
            self._complain("documents", "a second document begins here", event, "one file holds one document; remove the `---`")
        return self.documents == 1

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> bool:
        kind: Kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        if len(self.stack) >= YAML_DEPTH_MAX:
            self._complain("limit", f"values are nested deeper than {YAML_DEPTH_MAX}", event, None)
            return False
        self.stack.append(_Open(kind, *_place_of(event)))
        return True

    def _refuse_decoration(self, event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if event.tag is not None:
            self._complain(
                "tag", f"the tag {_tag_as_written(event.tag)!r} asks for a type", event, "remove it; types come from the file's schema"
            )
        if event.anchor is not None:
            self._complain("alias", f"the anchor &{event.anchor} names a value for use elsewhere", event, "remove it; write values out")

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if parent.kind == "mapping" and len(parent.items) % 2 == 0:
            self._check_key(node, parent)
        parent.items.append(node)

    def _check_key(self, node: Node, parent: _Open) -> None:
        if node.kind != "scalar":
            self._found(
                "key", f"a {node.kind} stands where a key is expected", node, "quote it if it is text: braces and brackets begin values"
            )
        elif node.text in parent.seen:
            sentence = f"the key {node.text!r} stands twice; first in line {parent.seen[node.text]}"
            self._found("duplicate_key", sentence, node, "keep one of them")
        elif node.plain and node.text == "<<":
            self._found("alias", "the merge key << copies values from elsewhere", node, "write the values out here")
        parent.seen.setdefault(node.text, node.line)

    def _complain(self, reason: str, text: str, event: yaml.Event, hint: str | None) -> None:
        line, column = _place_of(event)
        where = Location(source=self.source, line=line, column=column)
        self.findings.append(_finding(reason, text, where, hint=hint))

    def _found(self, reason: str, text: str, node: Node, hint: str) -> None:
        self.findings.append(_finding(reason, text, node.where(self.source), hint=hint))


def _place_of(event: yaml.Event) -> tuple[int, int]:
    """Line and column from 1."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _scalar(event: yaml.ScalarEvent) -> Node:
    line, column = _place_of(event)
    return Node(kind="scalar", text=event.value, plain=not event.style, line=line, column=column)


def _closed(part: _Open) -> Node:
    if part.kind == "sequence":
        return Node(kind="sequence", items=tuple(part.items), line=part.line, column=part.column)
    pairs = tuple(zip(part.items[::2], part.items[1::2], strict=True))
    return Node(kind="mapping", entries=pairs, line=part.line, column=part.column)


def _tag_as_written(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _syntax(error: yaml.YAMLError, text: str, source: str | None) -> Finding:
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        where = Location(source=source, line=mark.line + 1, column=mark.column + 1)
    else:
        where = _place(text, getattr(error, "position", 0) or 0, source)
    lines = text.splitlines()
    line = lines[where.line - 1] if where.line is not None and where.line <= len(lines) else ""
    sentence, hint = explain(problem, line, where.column or 1)
    return _finding("syntax", sentence, where, hint=hint)


def _place(text: str, index: int, source: str | None) -> Location:
    before = text[:index]
    return Location(source=source, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


def _finding(reason: str, text: str, where: Location, *, hint: str | None = None) -> Finding:
    return Finding(code=f"yaml.{reason}", text=text, where=where, hint=hint)
