"""Business rules over a document: which rule sets apply, what their reports say, as findings.

The rules themselves run elsewhere (`edi.ports.RuleRunner`): XSLT 2 needs a processor, in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Final

from edi.errors import ConfigError
from edi.findings import Finding, Location, Severity
from edi.formats.ubl import safe_xml, schematron, schematron_xslt, structure, writer
from edi.formats.ubl.names import split_clark
from edi.formats.ubl.reader import UblDocument
from edi.ports import RuleRunner

Node = Any
"""An lxml element."""

SVRL: Final = "http://purl.oclc.org/dsdl/svrl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """Documents a rule set is for; `*` stands for any text, "" for any value."""

    document: str = ""
    """`Invoice`."""
    customization: str = ""
    """Pattern of CustomizationID."""
    profile: str = ""
    """Pattern of ProfileID."""

    def matches(self, kind: str, customization: str, profile: str) -> bool:
        """True if a document of that kind and with these identifiers is meant."""
        return all(
            not pattern or fnmatchcase(value, pattern)
            for pattern, value in ((self.document, kind), (self.customization, customization), (self.profile, profile))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A versioned set of rules, e.g. `eu.peppol.bis3:invoice:2026.5`: owner, what it is for, version."""

    id: str
    format: str
    """`schematron` or `xslt`."""
    file: str
    sha256: str
    """Of the file; another content is refused."""
    valid_from: date | None = None
    valid_to: date | None = None
    """The last day."""
    applies: tuple[Applies, ...] = ()
    phase: str = schematron.PHASE_DEFAULT

    @property
    def family(self) -> str:
        """The id without its version."""
        return self.id.rpartition(":")[0]

    @property
    def version(self) -> tuple[tuple[int, str], ...]:
        """Comparable: numbers as numbers."""
        return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"[.\-]", self.id.rpartition(":")[2]))

    def is_valid_on(self, day: date) -> bool:
        """True between its dates, both included."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]*(:[a-z0-9][a-z0-9._-]*){2,}", re.IGNORECASE)


def check_id(text: str) -> str:
    """The id itself. Raises ConfigError if it does not name owner, purpose and version."""
    if not _ID.fullmatch(text):
        raise ConfigError(f"{text!r} is no id of a rule set", hint="write owner:purpose:version, e.g. eu.peppol.bis3:invoice:2026.5")
    return text


def select(sets: Iterable[RuleSet], *, kind: str, customization: str, profile: str, day: date) -> tuple[RuleSet, ...]:
    """The rule sets for a document on a day: of each family the newest that is valid, sorted by id."""
    newest: dict[str, RuleSet] = {}
    for rule_set in sets:
        fits = rule_set.is_valid_on(day) and any(entry.matches(kind, customization, profile) for entry in rule_set.applies)
        if fits and (rule_set.family not in newest or newest[rule_set.family].version < rule_set.version):
            newest[rule_set.family] = rule_set
    return tuple(sorted(newest.values(), key=lambda rule_set: rule_set.id))


def unknown_customization(sets: Iterable[RuleSet], document: UblDocument) -> Finding | None:
    """A finding if a document names a customisation that no rule set knows at all (X19)."""
    if not document.customization:
        return None
    known = [entry for rule_set in sets for entry in rule_set.applies if entry.customization]
    if not known or any(entry.matches(document.kind, document.customization, document.profile) for entry in known):
        return None
    text = f"no rule set is for the customisation {document.customization!r} with profile {document.profile!r}"
    where = Location(source=document.source, path=f"/{document.kind}/cbc:CustomizationID")
    hint = "edi rules list shows for which documents rules are there"
    return Finding(
        code="ubl.unknown_customization", text=text, where=where, value=document.customization, severity=Severity.WARNING, hint=hint
    )


def not_checked(document: UblDocument, why: str, hint: str) -> Finding:
    """The note that no business rules were run; not what the sender did wrong, but nobody should believe they were."""
    where = Location(source=document.source, path=f"/{document.kind}/cbc:CustomizationID")
    text = f"business rules were not checked: {why}"
    return Finding(code="ubl.rules_not_checked", text=text, where=where, value=document.customization, severity=Severity.INFO, hint=hint)


def named(sets: Iterable[RuleSet], name: str, day: date) -> RuleSet:
    """The set of that id, or the newest valid one of that family. Raises ConfigError if there is none."""
    fitting = [one for one in sets if name in {one.id, one.family} and one.is_valid_on(day)]
    if not fitting:
        raise ConfigError(f"no rule set {name!r} is valid on {day}", hint="`edi rules list` shows what is there, `edi rules add` adds one")
    return max(fitting, key=lambda one: one.version)


def stylesheet(rule_set: RuleSet, content: bytes, *, resolve: schematron.Resolve = schematron.refuse_all) -> bytes:
    """The XSLT of a rule set: compiled from Schematron, or the file itself. Raises ConfigError for what rules must not do."""
    if rule_set.format == "schematron":
        return schematron_xslt.compile_schema(schematron.read(content, source=rule_set.file, resolve=resolve), phase=rule_set.phase)
    parsed = safe_xml.parse(content, source=rule_set.file)
    if parsed.value is None:
        raise ConfigError(str(parsed.findings[0]))
    if split_clark(parsed.value.tag) not in {(schematron.XSL, "stylesheet"), (schematron.XSL, "transform")}:
        raise ConfigError(f"{rule_set.file}: the root element is {parsed.value.tag!r}, not an XSLT stylesheet")
    schematron.refuse_reaching_out(parsed.value, rule_set.file)
    return content


def validate(document: UblDocument, rule_sets: Iterable[RuleSet], runner: RuleRunner) -> tuple[Finding, ...]:
    """What the rule sets have against a document."""
    content = writer.to_bytes(document.root)
    return tuple(finding for rule_set in rule_sets for finding in findings(document, runner.run(rule_set.id, content), rule_set.id))


# Reports


def failures(report: bytes) -> tuple[Mapping[str, str], ...]:
    """What failed, from our own report or from SVRL: `id`, `flag`, `text`, `location`, `value` and `diagnostics` where there are any."""
    parsed = safe_xml.parse(report, source="report")
    if parsed.value is None:
        raise AssertionError(f"the processor gave no XML: {parsed.findings[0]}")
    root = parsed.value
    if split_clark(root.tag)[0] == SVRL:
        tags = (f"{{{SVRL}}}failed-assert", f"{{{SVRL}}}successful-report")
        return tuple(_failure(node, SVRL, node.get("location", "")) for node in root.iter(*tags))
    return tuple(
        _failure(node, schematron_xslt.REPORT, node.get("location", "")) for node in root.iter(f"{{{schematron_xslt.REPORT}}}failed")
    )


def _failure(node: Node, namespace: str, location: str) -> dict[str, str]:
    diagnostics = [*node.iterchildren(f"{{{namespace}}}diagnostic"), *node.iterchildren(f"{{{namespace}}}diagnostic-reference")]
    facts = {
        "id": node.get("id", ""),
        "flag": node.get("flag") or node.get("role") or "",
        "text": _words(node.find(f"{{{namespace}}}text")),
        "location": location,
        "value": (node.get("value") or "").strip(),
        "diagnostics": " ".join(_words(entry) for entry in diagnostics),
    }
    return {name: value for name, value in facts.items() if value or name in {"id", "flag", "text", "location"}}


def _words(node: Node | None) -> str:
    return " ".join("".join(node.itertext()).split()) if node is not None else ""


_SEVERITIES: Final = {
    "fatal": Severity.ERROR,
    "error": Severity.ERROR,
    "": Severity.ERROR,
    "warning": Severity.WARNING,
    "warn": Severity.WARNING,
}
"""The flags in use; anything else (`information`, `info`) is a note."""


def findings(document: UblDocument, failed: Iterable[Mapping[str, str]], rule_set: str) -> tuple[Finding, ...]:
    """Failures as findings: `rule.BR-12`, with line, path and the value found."""
    places = _Places(document.root)
    return tuple(_finding(document, entry, rule_set, places) for entry in failed)


def _finding(document: UblDocument, entry: Mapping[str, str], rule_set: str, places: _Places) -> Finding:
    node = places.located(entry["location"])
    path = places.paths.of(node) if node is not None else entry["location"]
    attribute = re.search(r"/@[^/]+$", entry["location"])
    where = Location(
        source=document.source, line=node.sourceline if node is not None else None, path=path + (attribute.group() if attribute else "")
    )
    return Finding(
        code=f"rule.{entry['id'] or 'unnamed'}",
        text=entry["text"] or f"the rule {entry['id']} of {rule_set} is not kept",
        where=where,
        value=entry.get("value"),
        hint=entry.get("diagnostics"),
        expected=None,
        severity=_SEVERITIES.get(entry["flag"].lower(), Severity.INFO),
        answer=entry["id"] or None,
    )


_STEP: Final = re.compile(
    r"/(?:\{(?P<ns>[^}]*)\}(?P<local>[\w.-]+)|\*:(?P<any>[\w.-]+)(?:\[namespace-uri\(\)=['\"](?P<uri>[^'\"]*)['\"]\])?|(?:[\w.-]+:)?(?P<plain>[\w.-]+))(?:\[(?P<position>\d+)\])?"
)


class _Places:
    """Finds elements by the locations in reports; children are sorted by name once for each parent."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.paths = structure.Paths()
        self._named: dict[Node, dict[str, list[Node]]] = {}

    def located(self, location: str) -> Node | None:
        """The element a location means: `/{ns}Invoice[1]/...`, or the ways SVRL writers put it. None if it cannot be found."""
        steps = list(_STEP.finditer(location))
        if not steps:
            return None
        node = self.root
        for step in steps[1:]:
            namespace = step["ns"] if step["ns"] is not None else step["uri"]
            local = step["local"] or step["any"] or step["plain"]
            same = self._children(node).get(f"{{{namespace}}}{local}" if namespace else local, [])
            index = int(step["position"] or 1) - 1
            if index >= len(same):
                return None
            node = same[index]
        return node

    def _children(self, node: Node) -> dict[str, list[Node]]:
        if node not in self._named:
            named: dict[str, list[Node]] = {}
            for child in node:
                if isinstance(child.tag, str):
                    for name in {child.tag, split_clark(child.tag)[1]}:
                        named.setdefault(name, []).append(child)
            self._named[node] = named
        return self._named[node]
