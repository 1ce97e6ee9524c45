"""Reads the entries of a mapping: a pattern, or a pattern with options and nested entries; blocks are put in where they are used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from edi.documents.fields import Field
from edi.formats.yaml.problem import suggest
from edi.mapping.expressions import compile_expression
from edi.mapping.longform import long_form
from edi.mapping.nodes import EdifactSyntax, Entry, Join, Reference, Syntax, UblSyntax, walk
from edi.mapping.paths import Target, resolve
from edi.mapping.pattern import segment_pattern
from edi.mapping.pattern_tree import Pattern, json_pattern, xml_pattern
from edi.mapping.problems import Problems, Refused
from edi.mapping.source import OPTIONS, Piece

_PARAMETER: Final = re.compile(r"\$([A-Za-z_]\w*)")
_LAID_OUT: Final = re.compile(r"\|(wrap|chunk|lines)\b")
DIRECTIONS: Final = {"read": "read", "write": "write", "both": "both"}
MORE: Final = ("note", "error", "drop", "repeat", "report")
DEPTH_MAX: Final = 40
"""Entries in entries; the deepest message has eight groups in each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What surrounds an entry while it is read."""

    here: Field
    section: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0


@dataclass(slots=True)
class EntryReader:
    """Reads the entries of one mapping."""

    syntax: Syntax
    root: Field
    problems: Problems
    blocks: Mapping[str, Piece]
    numbered: int = 0
    open_blocks: dict[object, list[Entry]] = field(default_factory=dict)
    """Blocks by everything that makes their entries differ: one that contains itself becomes a loop, not an endless text."""

    def entries(self, section: Piece, here: Field, name: str) -> list[Entry]:
        """The entries of a section."""
        found = self._list(section, Where(here=here, section=name))
        _expand(found, set())
        return found

    def _list(self, piece: Piece, where: Where) -> list[Entry]:
        if piece.kind == "scalar" and piece.text == "*" and not piece.quoted:
            return []
        if piece.kind != "sequence":
            self.problems.error(piece.place, "entries are a list", hint="begin each with a dash")
            return []
        found: list[Entry] = []
        for item in piece.items:
            try:
                found += self._item(item, where)
            except Refused as refused:
                self.problems.refused(item.place, refused)
        return found

    def _item(self, item: Piece, where: Where) -> list[Entry]:
        if where.depth > DEPTH_MAX:
            raise Refused(f"entries are nested deeper than {DEPTH_MAX}")
        if item.kind == "scalar":
            return self._one({}, item, None, where)
        options = {key.text: value for key, value in item.entries if key.text in OPTIONS and not key.quoted}
        others = [(key, value) for key, value in item.entries if key.text not in OPTIONS or key.quoted]
        if "use" in options:
            return self._use(options, others, where)
        if len(others) != 1:
            if not others:
                self.problems.error(item.place, "this entry has no pattern", hint="options need one pattern beside them")
            for key, _ in others[1:]:
                self.problems.error(
                    key.place,
                    f"a second pattern or an unknown option: {key.text!r}",
                    hint=_mistyped(others) or suggest(key.text, OPTIONS) or "begin it with a dash of its own",
                )
            return []
        return self._one(options, others[0][0], others[0][1], where)

    def _use(self, options: dict[str, Piece], others: list[tuple[Piece, Piece]], where: Where) -> list[Entry]:
        name = options["use"]
        block = self.blocks.get(name.text)
        if block is None:
            self.problems.error(name.place, f"no block {name.text!r}", hint=suggest(name.text, self.blocks) or "write it under `blocks:`")
            return []
        parameters = {key.text: substitute(value.text, where.parameters)[0] for key, value in others}
        asked = set(_PARAMETER.findall(repr(_plain(block))))
        for key, _ in others:
            if key.text not in asked:
                hint = suggest(key.text, [*asked, *OPTIONS]) if asked else "it has no parameters"
                self.problems.error(key.place, f"the block {name.text!r} has no parameter ${key.text}", hint=hint)
        said = tuple(sorted((key, repr(_plain(value))) for key, value in options.items()))
        memo = (name.text, tuple(sorted(parameters.items())), said, where.here.path, where.section)
        if memo in self.open_blocks:
            pattern = json_pattern("again")
            return [Entry(number=0, pattern=pattern, place=name.place, here=where.here, again=self.open_blocks[memo])]
        self.open_blocks[memo] = found = []
        found += self._block(block, options, replace(where, parameters=parameters, depth=where.depth + 1))
        if not _contains_itself(found):
            del self.open_blocks[memo]
        elif _contains_itself(found, narrowing=False):
            hint = "join the inner list with key: {parent: id}, or let it be one of the object's own"
            self.problems.error(name.place, f"the block {name.text!r} contains itself and would never end", hint=hint)
        return found

    def _block(self, block: Piece, options: dict[str, Piece], where: Where) -> list[Entry]:
        if block.kind == "mapping":
            own = {key.text: value for key, value in block.entries if key.text in OPTIONS and not key.quoted}
            found: list[Entry] = []
            for key, value in block.entries:
                if key.text not in OPTIONS or key.quoted:
                    found += self._one({**own, **options}, key, value, where)
            return found
        if block.kind == "scalar":
            return self._one(options, block, None, where)
        if not {"each", "at", "key", "ref", "when"} & set(options):
            return self._list(block, where)
        return self._spread(block, options, where)

    def _spread(self, block: Piece, options: dict[str, Piece], where: Where) -> list[Entry]:
        """A block that is a list, used with `at:`: each of its entries belongs to that object."""
        if "each" in options or "ref" in options or "key" in options:
            self.problems.error(
                options["use"].place,
                "a block of several entries cannot be repeated by each",
                hint="give the block one pattern with the entries nested in it",
            )
            return []
        found: list[Entry] = []
        for item in block.items:
            try:
                if item.kind == "scalar":
                    found += self._one(options, item, None, where)
                    continue
                own = {key.text: value for key, value in item.entries if key.text in OPTIONS and not key.quoted}
                if "at" in own or "each" in own or "use" in own:
                    found += self._item(_below(item, options), where) if "at" in options else self._item(item, where)
                    continue
                pattern = next((key, value) for key, value in item.entries if key.text not in OPTIONS or key.quoted)
                found += self._one({**own, **options}, pattern[0], pattern[1], where)
            except Refused as refused:
                self.problems.refused(item.place, refused)
        return found

    def _one(self, options: dict[str, Piece], written: Piece, nested: Piece | None, where: Where) -> list[Entry]:
        text, origins = substitute(written.text, where.parameters)
        place = replace(written.place, origins=origins)
        try:
            pattern, body = self._pattern(text, nested)
        except Refused as refused:
            self.problems.refused(place, refused)
            return []
        self.numbered += 1
        entry = Entry(number=self.numbered, pattern=pattern, place=place, here=where.here, section=where.section)
        if not self._options(entry, options, where):
            return []
        if body is not None and not body.empty:
            entry.children = self._list(body, replace(where, here=entry.here, depth=where.depth + 1))
        if entry.direction != "both":
            _one_way(entry)
        return [entry]

    def _pattern(self, text: str, nested: Piece | None) -> tuple[Pattern, Piece | None]:
        if isinstance(self.syntax, EdifactSyntax):
            if nested is not None and nested.kind == "mapping" and re.fullmatch(r"[A-Z][A-Z0-9]{2}", text):
                return long_form(text, nested)
            return segment_pattern(text), nested
        return (xml_pattern(text) if isinstance(self.syntax, UblSyntax) else json_pattern(text)), nested

    def _options(self, entry: Entry, options: dict[str, Piece], where: Where) -> bool:
        """False if it cannot be told which object the entry's fields belong to: complaining about each of them helps nobody."""
        if "each" in options and (target := self._target(options["each"], where)) is not None:
            if target.field.is_list and target.steps[-1].select is None:
                entry.each, entry.here = target, target.field
            else:
                shape = "an object" if target.field.is_object else f"a {target.field.type}"
                self.problems.error(
                    options["each"].place,
                    f"'each: {options['each'].text}' needs a list field, but it is {shape}",
                    hint="use at: for one object",
                )
        if "at" in options and (target := self._target(options["at"], replace(where, here=entry.here))) is not None:
            if target.field.is_object and (not target.field.is_list or target.steps[-1].select or target.steps[-1].first):
                entry.at, entry.here = target, target.field
            else:
                self.problems.error(options["at"].place, f"'at: {options['at'].text}' needs an object", hint="use each: for a list")
        if "ref" in options:
            self._reference(entry, options["ref"], where)
        if "key" in options and "each" not in options:
            self.problems.error(options["key"].place, "key joins the items of a list, and there is no list", hint="name it with each:")
        elif "key" in options:
            entry.joins = tuple(self._joins(entry, options["key"], where))
        self._small_options(entry, options)
        return all(
            (option in options) == (made is not None) for option, made in (("each", entry.each), ("at", entry.at), ("ref", entry.reference))
        )

    def _small_options(self, entry: Entry, options: dict[str, Piece]) -> None:
        if "when" in options:
            piece = options["when"]
            try:
                entry.when = compile_expression(piece.text, entry.here, self.root)
            except Refused as refused:
                self.problems.refused(piece.place, refused)
        if "dir" in options and options["dir"].text in DIRECTIONS:
            entry.direction = DIRECTIONS[options["dir"].text]  # type: ignore[assignment]  # a Literal's values
        elif "dir" in options:
            self.problems.error(options["dir"].place, f"unknown direction {options['dir'].text!r}", hint="read or write")
        self._how_many(entry, options)
        if "only" in options:
            self._only(entry, options["only"])
        if "holds" in options and isinstance(self.syntax, EdifactSyntax):
            entry.holds = options["holds"].text
        elif "holds" in options:
            self.problems.error(options["holds"].place, "'holds' asks for a segment, which this syntax does not have", hint="EDIFACT only")
        entry.bt = options["bt"].text if "bt" in options else ""
        entry.doc = options["doc"].text if "doc" in options else ""

    def _how_many(self, entry: Entry, options: dict[str, Piece]) -> None:
        if "from" in options:
            entry.start = int(options["from"].text) if options["from"].text.isdigit() else 0
            if not entry.start or entry.each is None:
                self.problems.error(
                    options["from"].place,
                    "from needs a number from 1 on, beside each:",
                    hint="from: 2, and the first item has a pattern of its own",
                )
        if "max" in options:
            entry.maximum = int(options["max"].text) if options["max"].text.isdigit() else None
            if not entry.maximum:
                self.problems.error(options["max"].place, "max needs a number from 1 on", hint="max: 2")
        if "more" in options:
            entry.more = options["more"].text  # type: ignore[assignment]  # checked on the next line
            if entry.more not in MORE:
                self.problems.error(options["more"].place, f"unknown value {entry.more!r}", hint="one of: " + ", ".join(MORE))
            if entry.more == "repeat" and not _LAID_OUT.search(entry.pattern.text):
                text = "more: repeat goes on with a text in the next segment, and nothing here is laid over components"
                self.problems.error(options["more"].place, text, hint="{text|wrap(5x70)}, or lines, or chunk")

    def _only(self, entry: Entry, piece: Piece) -> None:
        known = self.syntax.versions if isinstance(self.syntax, EdifactSyntax) else ()
        entry.only = tuple(piece.texts())
        for release in (one for one in entry.only if one not in known):
            hint = "declared here: " + ", ".join(known) if known else "releases are of EDIFACT"
            self.problems.error(piece.place, f"{release!r} is not a release of this mapping", hint=hint)

    def _target(self, piece: Piece, where: Where) -> Target | None:
        text, origins = substitute(piece.text, where.parameters)
        try:
            return resolve(text, where.here, self.root)
        except Refused as refused:
            self.problems.refused(replace(piece.place, origins=origins), refused)
            return None

    def _joins(self, entry: Entry, piece: Piece, where: Where) -> list[Join]:
        joins = []
        if not piece.entries:
            self.problems.error(piece.place, "key names two fields that are equal", hint="key: {handling_unit: id}")
        for key, value in piece.entries:
            if key.text == "parent" and value.text in ("null", "~", "") and entry.here.child("parent") is not None:
                joins.append(Join(child=resolve("parent", entry.here, self.root), parent=None))
                continue
            child = self._target(key, replace(where, here=entry.here))
            parent = None if value.text in ("null", "~", "") else self._target(value, where)
            if child is not None and (parent is not None or value.text in ("null", "~", "")):
                joins.append(Join(child=child, parent=parent))
        return joins

    def _reference(self, entry: Entry, piece: Piece, where: Where) -> None:
        parts = {key.text: value for key, value in piece.entries}
        if set(parts) != {"field", "into", "by"}:
            self.problems.error(
                piece.place, "ref needs field, into and by", hint="ref: {field: handling_unit, into: /handling_units, by: sscc}"
            )
            return
        own, into = self._target(parts["field"], where), self._target(parts["into"], where)
        if own is None or into is None:
            return
        by = self._target(parts["by"], replace(where, here=into.field))
        if by is not None:
            entry.reference, entry.here = Reference(field=own, into=into, by=by), into.field


def substitute(text: str, parameters: Mapping[str, str]) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    """The text with `$parameters` put in, and where, so that columns can be counted back. Raises Refused for one that was not given."""
    if "$" not in text:
        return text, ()
    parts: list[str] = []
    origins: list[tuple[int, int, int]] = []
    last = length = 0
    for matched in _PARAMETER.finditer(text):
        value = parameters.get(matched[1])
        if value is None:
            raise Refused(f"the parameter ${matched[1]} was not given", matched.start(), hint=f"{{use: block, {matched[1]}: …}}")
        parts += [text[last : matched.start()], value]
        length += matched.start() - last
        origins.append((length, len(value), len(matched[0])))
        length += len(value)
        last = matched.end()
    return "".join([*parts, text[last:]]), tuple(origins)


def _below(item: Piece, options: Mapping[str, Piece]) -> Piece:
    """The entry with its own `at:` and `each:` counted from the object the block is used for; a mere `use:` gets that object."""
    outer = options["at"]
    entries = [
        (key, replace(value, text=f"{outer.text}.{value.text}") if key.text in ("at", "each") and not value.text.startswith("/") else value)
        for key, value in item.entries
    ]
    if not any(key.text in ("at", "each") for key, _ in item.entries):
        entries.append((replace(outer, text="at"), outer))
    return replace(item, entries=entries)


def _plain(piece: Piece) -> object:
    if piece.kind == "scalar":
        return piece.text
    return [_plain(item) for item in piece.items] or [(key.text, _plain(value)) for key, value in piece.entries]


def _contains_itself(entries: list[Entry], *, narrowing: bool = True) -> bool:
    """True if a block stands in itself; not `narrowing`: even without the steps that lead to fewer objects each time."""
    waiting, seen = list(entries), set[int]()
    while waiting:
        entry = waiting.pop()
        if entry.again is entries:
            return True
        if id(entry) not in seen and (narrowing or not _narrows(entry)):
            seen.add(id(entry))
            waiting += entry.children
    return False


def _narrows(entry: Entry) -> bool:
    """True if what it steps into is joined to the object around it, or a part of that."""
    steps = [one for one in (entry.each, entry.at) if one is not None]
    return any(join.parent is not None for join in entry.joins) or any(not one.absolute for one in steps)


def _expand(entries: list[Entry], seen: set[int]) -> None:
    """Put the entries of blocks that contain themselves where they stand again."""
    if id(entries) in seen:
        return
    seen.add(id(entries))
    for index in reversed(range(len(entries))):
        again = entries[index].again
        if again is not None:
            entries[index : index + 1] = [one for one in again if one.again is None]
    for entry in entries:
        _expand(entry.children, seen)


def _one_way(entry: Entry) -> None:
    """What is nested in an entry for one direction is for that direction too; what is for the other has no place in it."""
    for inner in [entry, *walk(entry.children)]:
        inner.children[:] = [child for child in inner.children if child.direction in ("both", entry.direction)]
    for inner in walk(entry.children):
        inner.direction = entry.direction


def _mistyped(others: list[tuple[Piece, Piece]]) -> str | None:
    """Which option was meant, where one of several keys is nearly an option."""
    hints = (suggest(key.text, OPTIONS) for key, _ in others if key.text.isalpha() and key.text.islower())
    return next((hint for hint in hints if hint and hint.startswith("did you mean")), None)
