"""Schematron -> XSLT 2: one mode for each pattern, one template for each rule, a lean report as the result.

<report xmlns="urn:edi:rule-report">
  <failed id="BR-01" flag="fatal" location="/{ns}Invoice[1]/{ns}ID[1]" value="..."><text>...</text><diagnostic>...</diagnostic></failed>
</report>
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from typing import Any, Final

from lxml import etree

from edi.errors import ConfigError
from edi.formats.ubl.schematron import PHASE_ALL, PHASE_DEFAULT, SCH, XSL, Pattern, Phase, Schematron

Node = Any
"""An lxml element."""

REPORT: Final = "urn:edi:rule-report"
VALUE_CHARACTERS_MAX: Final = 200
_PREFIX: Final = "edi-report"

_PATH: Final = (
    "string-join(for $n in $node/ancestor-or-self::* return concat('/{', namespace-uri($n), '}', local-name($n), '[',"
    " string(1 + count($n/preceding-sibling::*[node-name(.) = node-name($n)])), ']'), '')"
)
_ATTRIBUTE: Final = "if ($node instance of attribute()) then concat('/@', name($node)) else ''"


def compile_schema(schema: Schematron, *, phase: str = PHASE_DEFAULT) -> bytes:
    """The stylesheet that runs one phase. Raises ConfigError for a phase the schema does not have."""
    chosen = _phase(schema, phase)
    patterns = [pattern for pattern in schema.patterns if chosen is None or pattern.id in chosen.patterns]
    namespaces: Any = {
        "xsl": XSL,
        _PREFIX: REPORT,
        **{prefix: uri for prefix, uri in schema.namespaces.items() if prefix not in {"", "xsl", "xml"}},
    }
    sheet = etree.Element(f"{{{XSL}}}stylesheet", version="3.0" if schema.binding.endswith("3") else "2.0", nsmap=namespaces)
    sheet.set("exclude-result-prefixes", "#all")
    _xsl(sheet, "output", method="xml", encoding="UTF-8", indent="no")
    _path_function(sheet)
    for node in schema.foreign:
        sheet.append(copy.deepcopy(node))
    for let in (*schema.lets, *(chosen.lets if chosen else ())):
        _variable(sheet, let)
    patterns = _own_names(patterns, sheet)
    start = _xsl(sheet, "template", match="/")
    report = etree.SubElement(start, f"{{{REPORT}}}report")
    for index, pattern in enumerate(patterns):
        _xsl(report, "apply-templates", select="/", mode=f"p{index}")
        _pattern(sheet, pattern, f"p{index}", schema)
    return etree.tostring(sheet, encoding="UTF-8", xml_declaration=True)


def _phase(schema: Schematron, name: str) -> Phase | None:
    """None for all patterns."""
    wanted = schema.default_phase if name == PHASE_DEFAULT else name
    if wanted in {PHASE_ALL, PHASE_DEFAULT}:
        return None
    if wanted not in schema.phases:
        raise ConfigError(f"the rules have no phase {wanted!r}", hint=f"they have {', '.join(schema.phases) or 'none'}")
    return schema.phases[wanted]


def _xsl(parent: Node, kind: str, /, **attributes: str) -> Node:
    return etree.SubElement(parent, f"{{{XSL}}}{kind}", attributes)


def _path_function(sheet: Node) -> None:
    function = _xsl(sheet, "function", name=f"{_PREFIX}:path")
    _xsl(function, "param", name="node")
    _xsl(function, "sequence", select=f"concat({_PATH}, {_ATTRIBUTE})")


def _variable(parent: Node, let: Node) -> None:
    variable = _xsl(parent, "variable", name=let.get("name", ""))
    if let.get("as") is not None:
        variable.set("as", let.get("as"))
    if let.get("value") is not None:
        variable.set("select", let.get("value"))
    else:
        variable.text = let.text
        variable.extend(copy.deepcopy(child) for child in let)


def _own_names(patterns: list[Pattern], sheet: Node) -> list[Pattern]:
    """Declare the patterns' variables at the top, where contexts can see them; one name used by several gets several."""
    counts = Counter(let.get("name") for pattern in patterns for let in pattern.lets)
    taken = {variable.get("name") for variable in sheet.iterchildren(f"{{{XSL}}}variable", f"{{{XSL}}}param")}
    result = []
    for index, pattern in enumerate(patterns):
        renamed = {
            let.get("name"): f"{let.get('name')}.p{index}"
            for let in pattern.lets
            if counts[let.get("name")] > 1 or let.get("name") in taken
        }
        lets = [_renamed(let, renamed) for let in pattern.lets]
        rules = tuple(_renamed(rule, renamed) for rule in pattern.rules)
        for let in lets:
            _variable(sheet, let)
        result.append(Pattern(id=pattern.id, lets=tuple(lets), rules=rules))
    return result


def _renamed(node: Node, names: dict[str, str]) -> Node:
    if not names:
        return node
    pattern = re.compile(r"\$(" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")(?![\w.-])")
    changed = copy.deepcopy(node)
    for inner in changed.iter():
        if isinstance(inner.tag, str):
            for name, value in inner.attrib.items():
                inner.set(name, pattern.sub(lambda match: f"${names[match[1]]}", value))
    if changed.tag == f"{{{SCH}}}let":
        changed.set("name", names.get(changed.get("name"), changed.get("name")))
    return changed


def _pattern(sheet: Node, pattern: Pattern, mode: str, schema: Schematron) -> None:
    """The first rule whose context matches a node wins: the earlier a rule stands, the higher its priority."""
    below = "@*|node()" if any(_may_match_others(rule.get("context")) for rule in pattern.rules) else "*"
    for position, rule in enumerate(pattern.rules):
        template = _xsl(sheet, "template", match=rule.get("context"), mode=mode, priority=str(len(pattern.rules) - position + 1))
        for child in rule:
            if child.tag == f"{{{SCH}}}let":
                _variable(template, child)
            elif child.tag in {f"{{{SCH}}}assert", f"{{{SCH}}}report"}:
                _check(template, child, rule, schema)
        _xsl(template, "apply-templates", select=below, mode=mode)
    otherwise = _xsl(sheet, "template", match="/|*", mode=mode, priority="-10")
    _xsl(otherwise, "apply-templates", select=below, mode=mode)
    _xsl(sheet, "template", match="@*|text()|comment()|processing-instruction()", mode=mode, priority="-10")


def _may_match_others(context: str) -> bool:
    """True unless the context can only match elements or the root; a look at its last step, without predicates."""
    return bool(
        re.search(r"@|\battribute\b|\b(?:text|node|comment|processing-instruction|document-node)\s*\(", _without_predicates(context))
    )


def _without_predicates(context: str) -> str:
    depth = 0
    kept = []
    for character in context:
        depth += character == "["
        if depth == 0:
            kept.append(character)
        depth -= character == "]"
    return "".join(kept)


def _check(template: Node, check: Node, rule: Node, schema: Schematron) -> None:
    if check.tag == f"{{{SCH}}}report":
        place = _xsl(template, "if", test=check.get("test", "false()"))
    else:
        choose = _xsl(template, "choose")
        _xsl(choose, "when", test=check.get("test", "true()"))
        place = _xsl(choose, "otherwise")
    failed = etree.SubElement(place, f"{{{REPORT}}}failed")
    for name in ("id", "flag", "role"):
        value = check.get(name) or (rule.get(name) if name != "id" else None)
        if value:
            failed.set(name, value.replace("{", "{{").replace("}", "}}"))
    subject = check.get("subject") or rule.get("subject")
    node = f"({subject})[1]" if subject else "."
    _xsl(failed, "attribute", name="location", select=f"{_PREFIX}:path({node})")
    _xsl(failed, "attribute", name="value", select=f"if (self::*/*) then '' else substring(string(.), 1, {VALUE_CHARACTERS_MAX})")
    _content(etree.SubElement(failed, f"{{{REPORT}}}text"), check)
    for name in check.get("diagnostics", "").split():
        if name in schema.diagnostics:
            _content(etree.SubElement(failed, f"{{{REPORT}}}diagnostic"), schema.diagnostics[name])


def _content(target: Node, source: Node) -> None:
    """Mixed text: values and names are computed, other marks are only text."""
    _words(target, source.text)
    for child in source:
        if child.tag == f"{{{SCH}}}value-of":
            _xsl(target, "value-of", select=child.get("select", "."))
        elif child.tag == f"{{{SCH}}}name":
            _xsl(target, "value-of", select=f"name({child.get('path', '.')})")
        elif isinstance(child.tag, str) and child.tag.startswith(f"{{{SCH}}}"):
            _content(target, child)
        _words(target, child.tail)


def _words(target: Node, text: str | None) -> None:
    if text:
        _xsl(target, "text").text = text
