"""Mapping files as trees whose parts know their file, so that a partner's variation can be laid over its base before anything is compiled."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

from edi import shipped
from edi.errors import ConfigError
from edi.formats.yaml import reader
from edi.formats.yaml.problem import Problem, excerpt, problem_of, suggest
from edi.mapping.problems import MappingProblems, Place, Problems

__all__ = ["MappingFiles", "Piece", "UsedFiles", "read_mapping", "shipped_files"]

MappingFiles: TypeAlias = Callable[[str], "tuple[str, str] | None"]
"""Path (as messages show it) and text of `orders-eancom`, `orders-eancom.test.yaml`, `codes/units.csv`; None where there is none."""

EXTENDS_MAX = 5
"""Variation of a variation of ...: nobody can follow more."""


def shipped_files(name: str) -> tuple[str, str] | None:
    """The mapping files that come with the package."""
    file = name if name.endswith((".yaml", ".csv")) else f"{name}.map.yaml"
    parts = file.split("/")
    if ".." in parts or not all(parts):
        return None
    try:
        return f"mappings/{file}", shipped.read_bytes("mappings", *parts).decode("utf-8")
    except FileNotFoundError:
        return None


class UsedFiles:
    """Gives mapping files and remembers which were asked for."""

    def __init__(self, files: MappingFiles) -> None:
        self._files = files
        self._used: dict[str, tuple[str, str]] = {}

    def __call__(self, name: str) -> tuple[str, str] | None:
        found = self._files(name)
        if found is not None:
            self._used[name] = found
        return found

    def hashes(self) -> dict[str, str]:
        """By name, what tells one content from another."""
        return {name: hashlib.sha256("\0".join(found).encode()).hexdigest() for name, found in self._used.items()}

    def text(self, more: Mapping[str, str] = MappingProxyType({})) -> str:
        """All of them as one text, the same for the same files; `more`: further texts by name, which no mapping file has."""
        texts = {**self._used, **{name: ("", text) for name, text in more.items()}}
        return json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(slots=True, kw_only=True)
class Piece:
    """A value of a mapping file: a text, a list or a mapping, with its place."""

    place: Place
    kind: reader.Kind
    text: str = ""
    quoted: bool = False
    items: list[Piece] = field(default_factory=list)
    entries: list[tuple[Piece, Piece]] = field(default_factory=list)

    def get(self, name: str) -> Piece | None:
        """A mapping's value by key; None if there is none."""
        return next((value for key, value in self.entries if key.text == name), None)

    def key(self, name: str) -> Piece | None:
        """The key itself, for pointing at it."""
        return next((key for key, _ in self.entries if key.text == name), None)

    @property
    def empty(self) -> bool:
        """True where nothing stands behind the key."""
        return self.kind == "scalar" and not self.text and not self.quoted

    def texts(self) -> list[str]:
        """The texts of a list; of a single text a list of one."""
        return [item.text for item in self.items] if self.kind == "sequence" else [self.text] if self.text else []


def piece_of(node: reader.Node, file: str) -> Piece:
    """The tree of a file as pieces."""
    quoted = node.kind == "scalar" and not node.plain
    return Piece(
        place=Place(file=file, line=node.line, column=node.column + quoted),
        kind=node.kind,
        text=node.text,
        quoted=quoted,
        items=[piece_of(item, file) for item in node.items],
        entries=[(piece_of(key, file), piece_of(value, file)) for key, value in node.entries],
    )


def read_mapping(name: str, files: MappingFiles, problems: Problems, *, depth: int = 0) -> Piece:
    """The mapping's tree with its bases under it. Raises ConfigError where there is no such file, MappingProblems where it is not YAML."""
    root = read_file(name, files, problems)
    base_name = root.get("extends")
    if base_name is None:
        return root
    if depth >= EXTENDS_MAX:
        problems.error(base_name.place, f"mappings extend each other more than {EXTENDS_MAX} times", hint="a mapping may not extend itself")
        return root
    if files(base_name.text) is None:
        problems.error(base_name.place, f"there is no mapping {base_name.text!r}", hint=f"it would be mappings/{base_name.text}.map.yaml")
        return root
    base = read_mapping(base_name.text, files, problems, depth=depth + 1)
    return _laid_over(base, root, base_name.text, problems)


def read_file(name: str, files: MappingFiles, problems: Problems) -> Piece:
    """One file as pieces."""
    found = files(name)
    if found is None:
        hint = "no file of that name can be read" if name.endswith(".map.yaml") else f"it would be mappings/{name}.map.yaml"
        raise ConfigError(f"there is no mapping {name!r}", hint=hint)
    path, text = found
    problems.texts[path] = text
    outcome = reader.read(text, source=path)
    if outcome.value is None:
        shown = tuple(problem_of(finding, file=path, text=text) for finding in outcome.findings)
        raise MappingProblems(name, tuple(_with_flow_hint(problem, text) for problem in shown))
    if outcome.value.kind != "mapping":
        raise ConfigError(f"{path} is not a mapping", hint="it begins with `mapping: name`")
    return piece_of(outcome.value, path)


_BARE_KEY = re.compile(r"\s+(?!- )[A-Za-z](?:(?!: ).)*[^:\s]\s*")
"""A line that begins no item and is no `key: value`."""


def _with_flow_hint(problem: Problem, text: str) -> Problem:
    lines = text.splitlines()
    if problem.line and problem.line <= len(lines) and re.search(r"\{[^}]*\{", lines[problem.line - 1]):
        return replace(problem, hint="a pattern with {fields} cannot stand inside { }; write this entry over several lines")
    if problem.line and problem.text.startswith("a key is not followed"):
        hint = "a pattern beside options (each:, at:, when: ...) ends with a colon, even if nothing is nested in it"
        # YAML notices only at what stands behind.
        line = max((number for number in range(1, problem.line) if _BARE_KEY.fullmatch(lines[number - 1])), default=problem.line)
        line = min(line, len(lines))
        column = len(lines[line - 1]) - len(lines[line - 1].lstrip()) + 1
        return replace(problem, line=line, column=column, excerpt=excerpt(text, line, column), hint=hint)
    return problem


SECTIONS = ("header", "detail", "summary", "body")


def _laid_over(base: Piece, own: Piece, base_name: str, problems: Problems) -> Piece:
    """The base with a variation's changes, tables, blocks and further entries."""
    _rename(base, own.get("rename"), problems)
    changes = own.get("change")
    for change in changes.items if changes is not None else ():
        _apply(base, change, base_name, problems)
    for key, value in own.entries:
        if key.text in ("extends", "change", "rename"):
            continue
        _merge(base, key, value)
    return base


def _merge(base: Piece, key: Piece, value: Piece) -> None:
    old = base.get(key.text)
    if old is None or key.text in ("mapping", "kind", "syntax", "doc", "timezone", "residue"):
        base.entries = [(k, v) for k, v in base.entries if k.text != key.text] + [(key, value)]
    elif key.text == "codes":
        _merge_codes(old, value)
    elif value.kind == "mapping":
        names = {k.text for k, _ in value.entries}
        old.entries = [(k, v) for k, v in old.entries if k.text not in names] + value.entries
    else:
        old.items = old.items + value.items


def _merge_codes(old: Piece, new: Piece) -> None:
    """A variation's pairs come first, so they win in both directions."""
    for key, table in new.entries:
        before = old.get(key.text)
        pairs, earlier = table.get("pairs"), before.get("pairs") if before is not None else None
        if before is None or pairs is None or earlier is None:
            old.entries = [(k, v) for k, v in old.entries if k.text != key.text] + [(key, table)]
            continue
        earlier.items = pairs.items + earlier.items
        own_keys = {k.text for k, _ in table.entries} - {"pairs"}
        before.entries = [(k, v) for k, v in before.entries if k.text not in own_keys] + [
            (k, v) for k, v in table.entries if k.text in own_keys
        ]


def _rename(base: Piece, rename: Piece | None, problems: Problems) -> None:
    """Other element names in every pattern of the base (UBL: CreditNoteLine for InvoiceLine)."""
    for old, new in rename.entries if rename is not None else ():
        name = re.compile(rf"(?<![\w:]){re.escape(old.text)}(?![\w:])")
        hits = 0
        for piece in _pattern_pieces(base):
            changed, count = name.subn(new.text, piece.text)
            piece.text = changed
            hits += count
        if not hits:
            problems.error(
                old.place,
                f"`rename:` names {old.text!r}, which the base does not use",
                hint="written as the base writes it, e.g. cac:InvoiceLine",
            )


def _pattern_pieces(base: Piece) -> Iterator[Piece]:
    for key, value in base.entries:
        if key.text in SECTIONS or key.text == "blocks":
            yield from _texts_in(value)


def _texts_in(piece: Piece) -> Iterator[Piece]:
    if piece.kind == "scalar":
        yield piece
    for item in piece.items:
        yield from _texts_in(item)
    for key, value in piece.entries:
        yield key
        yield from _texts_in(value)


def _lists_in(base: Piece) -> Iterator[Piece]:
    """Every list of entries of the base."""
    for key, value in base.entries:
        if key.text in SECTIONS:
            yield from _lists_below(value)
        elif key.text == "blocks":
            for _, block in value.entries:
                yield from _lists_below(block)


def _lists_below(piece: Piece) -> Iterator[Piece]:
    if piece.kind == "sequence":
        yield piece
        for item in list(piece.items):
            yield from _lists_below(item)
    for _, value in piece.entries:
        if value.kind != "scalar":
            yield from _lists_below(value)


def _apply(base: Piece, change: Piece, base_name: str, problems: Problems) -> None:
    """One entry of `change:`; keyed by the pattern as the base writes it, or by an entry's `id:`."""
    verbs = [(key, value) for key, value in change.entries if key.text in ("replace", "remove", "after", "before")]
    if len(verbs) != 1:
        problems.error(
            change.place,
            "a change needs exactly one of replace, remove, after, before",
            hint="replace: … with: …, remove: …, after: … add: …",
        )
        return
    verb, wanted = verbs[0]
    hits = [(where, index) for where in _lists_in(base) for index, item in enumerate(where.items) if _names(item, wanted.text)]
    if len(hits) != 1:
        known = [pattern_text(item) for where in _lists_in(base) for item in where.items]
        text = f"'{verb.text}:' names a pattern that {base_name!r} has {'no' if not hits else len(hits)} time{'s' if hits else ''}"
        problems.error(
            wanted.place,
            text,
            hint=suggest(wanted.text, [name for name in known if name]) if not hits else "give the entry an `id:` and name that",
        )
        return
    where, index = hits[0]
    _change_list(where, index, verb.text, change, problems)


def _change_list(where: Piece, index: int, verb: str, change: Piece, problems: Problems) -> None:
    added = change.get("with" if verb == "replace" else "add")
    if verb != "remove" and added is None:
        problems.error(change.place, f"'{verb}:' needs '{'with' if verb == 'replace' else 'add'}:'")
        return
    pieces = [] if added is None else added.items if added.kind == "sequence" else [added]
    match verb:
        case "remove":
            del where.items[index]
        case "replace":
            where.items[index : index + 1] = pieces
        case "after":
            where.items[index + 1 : index + 1] = pieces
        case _:
            where.items[index:index] = pieces


def pattern_text(item: Piece) -> str:
    """The pattern of an entry as the file writes it; empty if it has none."""
    if item.kind == "scalar":
        return item.text
    return next((key.text for key, _ in item.entries if key.text not in OPTIONS or key.quoted), "")


def _names(item: Piece, wanted: str) -> bool:
    named = item.get("id") if item.kind == "mapping" else None
    return pattern_text(item) == wanted or (named is not None and named.text == wanted)


OPTIONS = ("each", "at", "key", "ref", "use", "when", "dir", "from", "max", "more", "holds", "only", "bt", "doc", "id")
"""What may stand in an entry beside its pattern."""
