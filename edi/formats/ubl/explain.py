"""What libxml2 complained about, as findings in plain words: all of them, with line, path, value and what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final, Protocol

from edi.findings import Finding, Location
from edi.formats.ubl import structure
from edi.formats.ubl.model import UblTables
from edi.formats.ubl.names import prefixed, split_clark
from edi.limits import FINDINGS_MAX

Node = Any
"""An lxml element."""


class Entry(Protocol):
    """One complaint: libxml2's number of its kind, the line, the XPath below the element that was validated, its words."""

    @property
    def type(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def message(self) -> str: ...


Validate = Callable[[Node], tuple[Entry, ...]]
"""Validates an element as if it were a root."""

_CONTENT: Final = 1871
_VALUE: Final = re.compile(
    r"^Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: '(?P<value>.*)' is not a valid value of the (?:local )?(?:atomic|union|list) type '(?P<type>[^']*)'",
    re.DOTALL,
)
_FACET: Final = re.compile(
    r"^Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: \[facet '(?P<facet>[^']*)'\] (?P<words>.*)", re.DOTALL
)
_NOT_ALLOWED: Final = re.compile(r"attribute '(?P<attribute>[^']*)': The attribute '[^']*' is not allowed")
_REQUIRED: Final = re.compile(r"The attribute '(?P<attribute>[^']*)' is required but missing")
_CLARK: Final = re.compile(r"\{[^{}']*\}[\w.-]+")

MEANINGS: Final = {
    "xs:decimal": ("a number", "digits with a point before the decimals and no exponent, e.g. 1234.50"),
    "xs:date": ("a date", "YYYY-MM-DD, e.g. 2026-11-22"),
    "xs:time": ("a time", "hh:mm:ss, e.g. 09:14:00"),
    "xs:dateTime": ("a date with time", "YYYY-MM-DDThh:mm:ss, e.g. 2026-11-22T09:14:00"),
    "xs:boolean": ("a yes or no", "true or false"),
    "xs:base64Binary": ("base64", "base64 without anything else"),
    "xs:anyURI": ("an address", "a URI"),
    "xs:language": ("a language", "a language tag such as de or en-GB"),
    "xs:integer": ("a whole number", "digits"),
    "xs:positiveInteger": ("a positive whole number", "digits, more than zero"),
    "xs:ID": ("an identifier of this document", "a name that begins with a letter and is used once"),
}


def findings(
    root: Node, entries: tuple[Entry, ...], validate: Validate, tables: UblTables, *, source: str | None = None
) -> tuple[Finding, ...]:
    """Everything that is wrong with an invalid document, by line; at most `FINDINGS_MAX` of it."""
    declared = tables.element(split_clark(root.tag)[1])
    look = _Look(source)
    every_fault = structure.faults(root, declared.type if declared else None, tables, look.paths, source=source)
    faults = list(islice(every_fault, FINDINGS_MAX + 1))
    parents = {id(fault.parent): fault.parent for fault in faults}
    found = [fault.finding for fault in faults]
    found += _of_entries(root, entries, parents, look)
    for parent in list(parents.values()):
        found += _below(parent, parents, validate, look)
        if len(found) > 2 * FINDINGS_MAX:
            break
    unique = {(finding.code, finding.where.path, finding.text): finding for finding in found}
    ordered = sorted(unique.values(), key=lambda finding: finding.where.line or 0)
    return _bounded(ordered, source)


def _bounded(ordered: list[Finding], source: str | None) -> tuple[Finding, ...]:
    if len(ordered) <= FINDINGS_MAX:
        return tuple(ordered)
    text = f"more than {FINDINGS_MAX} things are wrong; the others are not listed"
    return (*ordered[:FINDINGS_MAX], Finding(code="ubl.too_many_findings", text=text, where=Location(source=source)))


def _below(parent: Node, parents: dict[int, Node], validate: Validate, look: _Look) -> Iterator[Finding]:
    """Faults in values inside the children of an element where libxml2 lost its way."""
    for child in parent:
        if isinstance(child.tag, str):
            yield from _of_entries(child, validate(child), parents, look)


def _of_entries(start: Node, entries: tuple[Entry, ...], parents: dict[int, Node], look: _Look) -> Iterator[Finding]:
    for entry in entries[: 2 * FINDINGS_MAX]:
        node = look.node_at(start, entry.path)
        if entry.type == _CONTENT and node is not None and _is_known(node, entry, parents):
            continue
        if node is start and "No matching global" in entry.message:
            continue
        yield _finding(entry, node, look)


def _is_known(node: Node, entry: Entry, parents: dict[int, Node]) -> bool:
    """True if the tables already said what is wrong among these children."""
    parent = node if "Missing child" in entry.message else node.getparent()
    return id(parent) in parents


class _Look:
    """Finds elements by libxml2's paths; children are sorted by name once for each parent."""

    def __init__(self, source: str | None) -> None:
        self.source = source
        self.paths = structure.Paths()
        self._named: dict[Node, dict[str, list[Node]]] = {}

    def node_at(self, start: Node, path: str) -> Node | None:
        """The element a complaint is about; its path begins at the element that was validated. None if it cannot be found."""
        node = start
        for step in path.split("/")[2:]:
            name, _, position = step.partition("[")
            same = self._children(node).get(name, [])
            index = int(position[:-1]) - 1 if position else 0
            if index >= len(same):
                return None
            node = same[index]
        return node

    def _children(self, node: Node) -> dict[str, list[Node]]:
        if node not in self._named:
            children = [child for child in node if isinstance(child.tag, str)]
            named: dict[str, list[Node]] = {"*": children}
            for child in children:
                named.setdefault(_written_name(child), []).append(child)
            self._named[node] = named
        return self._named[node]


def _written_name(node: Node) -> str:
    """The name with the document's own prefix, as libxml2 writes it into a path."""
    local = split_clark(node.tag)[1]
    return f"{node.prefix}:{local}" if node.prefix else local


def _finding(entry: Entry, node: Node | None, look: _Look) -> Finding:
    where = Location(source=look.source, line=entry.line or None, path=look.paths.of(node) if node is not None else entry.path)
    name = prefixed(node.tag) if node is not None else "the element"
    for pattern, say in ((_VALUE, _say_value), (_FACET, _say_facet), (_NOT_ALLOWED, _say_not_allowed), (_REQUIRED, _say_required)):
        match = pattern.search(entry.message)
        if match:
            return say(match, name, where)
    plain = _CLARK.sub(lambda tag: prefixed(tag.group()), entry.message)
    if "Character content" in plain:
        return Finding(
            code="ubl.text_unexpected",
            text=f"text stands between the elements of {name}",
            where=where,
            hint="put it into an element, e.g. cbc:Note",
        )
    if "Element content is not allowed" in plain:
        return Finding(code="ubl.element_unknown", text=f"{name} holds text only, but an element stands in it", where=where)
    if entry.type == _CONTENT:
        return _say_content(plain, name, node, where)
    return Finding(code="ubl.schema", text=plain, where=where)


def _say_content(words: str, name: str, node: Node | None, where: Location) -> Finding:
    """For content with choices or wildcards, as signatures and extensions have it."""
    expected = words.rpartition("Expected is ")[2].strip(" .()").removeprefix("one of ( ") if "Expected is " in words else None
    hint = f"expected is {expected}" if expected else None
    if "Missing child" in words:
        return Finding(code="ubl.element_missing", text=f"something is missing in {name}", where=where, expected=expected, hint=hint)
    parent = node.getparent() if node is not None else None
    place = f" in {prefixed(parent.tag)}" if parent is not None else ""
    return Finding(
        code="ubl.element_unexpected",
        text=f"{name} is not expected at this place{place}",
        where=where,
        value=name,
        expected=expected,
        hint=hint,
    )


def _say_value(match: re.Match[str], name: str, where: Location) -> Finding:
    meaning, written = MEANINGS.get(match["type"], (f"a value of type {match['type']}", f"a value of type {match['type']}"))
    return _of_value(match["value"], f"is not {meaning}", written, match["attribute"], name, where)


def _say_facet(match: re.Match[str], name: str, where: Location) -> Finding:
    value = re.search(r"The value '(.*?)'", match["words"], re.DOTALL)
    return _of_value(value[1] if value else "", "is none of the values allowed", match["words"].strip(), match["attribute"], name, where)


def _of_value(value: str, what: str, expected: str, attribute: str | None, name: str, where: Location) -> Finding:
    place = f"{name} @{split_clark(attribute)[1]}" if attribute else name
    code = "ubl.attribute_value" if attribute else "ubl.amount" if name.endswith("Amount") else "ubl.value"
    return Finding(
        code=code, text=f"{place} {what}: {_shortened(value)!r}", where=where, value=value, expected=expected, hint=f"write {expected}"
    )


def _shortened(value: str) -> str:
    return value if len(value) <= 80 else value[:77] + "..."


def _say_not_allowed(match: re.Match[str], name: str, where: Location) -> Finding:
    attribute = prefixed(match["attribute"])
    return Finding(
        code="ubl.attribute_unknown",
        text=f"{name} has no attribute {attribute!r}",
        where=where,
        value=attribute,
        hint="take it out, or correct its spelling",
    )


def _say_required(match: re.Match[str], name: str, where: Location) -> Finding:
    attribute = match["attribute"]
    return Finding(code="ubl.attribute_missing", text=f"{name} must have the attribute {attribute!r}", where=where, expected=attribute)
