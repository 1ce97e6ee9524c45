"""ISO Schematron, read and made plain: includes resolved, abstract patterns and rules written out, phases known.

What `edi.formats.ubl.schematron_xslt` then compiles has only concrete patterns, rules, asserts and reports.
Rules that reach outside their document (`doc()`, `unparsed-text()`, `xsl:result-document` ...) are refused here.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from edi.errors import ConfigError
from edi.formats.ubl import safe_xml
from edi.formats.ubl.names import split_clark

SCH: Final = "http://purl.oclc.org/dsdl/schematron"
XSL: Final = "http://www.w3.org/1999/XSL/Transform"
BINDINGS: Final = frozenset({"xslt2", "xpath2", "xslt3", "xpath3", "xslt", ""})
"""Query bindings an XSLT 2/3 processor runs; `xslt` and none are XSLT 1, which is nearly always XSLT 2 in disguise."""

Node = Any
"""An lxml element."""
Resolve = Callable[[str], bytes]
"""The text of an included file by its `href`; raises ConfigError where there is none or it must not be read."""

INCLUDES_DEEP_MAX: Final = 20
PHASE_ALL: Final = "#ALL"
PHASE_DEFAULT: Final = "#DEFAULT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Which patterns a phase runs, and the variables it adds."""

    patterns: frozenset[str]
    lets: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Rules of which, for each node, the first that matches counts."""

    id: str
    lets: tuple[Node, ...]
    rules: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schematron:
    """A plain schema."""

    title: str
    binding: str
    namespaces: dict[str, str]
    lets: tuple[Node, ...]
    foreign: tuple[Node, ...]
    """Functions, keys and variables in XSLT at the top."""
    phases: dict[str, Phase]
    default_phase: str
    patterns: tuple[Pattern, ...]
    diagnostics: dict[str, Node]


def refuse_all(href: str) -> bytes:
    """The resolver for schemas that must stand alone."""
    raise ConfigError(f"the rules include {href!r}, which cannot be read here", hint="name the file together with those it includes")


def read(content: bytes, *, source: str = "rules", resolve: Resolve = refuse_all) -> Schematron:
    """The schema, plain. Raises ConfigError naming file and line for anything it cannot or must not do."""
    root = _parse(content, source)
    if root.tag != f"{{{SCH}}}schema":
        raise ConfigError(f"{source}: the root element is {root.tag!r}, not a Schematron schema")
    _include(root, source, resolve, 0)
    refuse_reaching_out(root, source)
    binding = root.get("queryBinding", "").lower()
    if binding not in BINDINGS:
        raise ConfigError(f"{source}: the query binding is {binding!r}", hint="those for XSLT 2 and 3 are understood")
    patterns = tuple(_pattern(node, index, root, source) for index, node in enumerate(_concrete_patterns(root, source)))
    return Schematron(
        title=_text(root, "title"),
        binding=binding,
        namespaces=_namespaces(root),
        lets=tuple(root.iterchildren(f"{{{SCH}}}let")),
        foreign=_foreign(root, source),
        phases={phase.get("id", ""): _phase(phase) for phase in root.iterchildren(f"{{{SCH}}}phase")},
        default_phase=root.get("defaultPhase", PHASE_ALL),
        patterns=patterns,
        diagnostics={node.get("id", ""): node for node in root.iterfind(f"{{{SCH}}}diagnostics/{{{SCH}}}diagnostic")},
    )


def _parse(content: bytes, source: str) -> Node:
    parsed = safe_xml.parse(content, source=source)
    if parsed.value is None:
        raise ConfigError(str(parsed.findings[0]))
    return parsed.value


def _text(node: Node, name: str) -> str:
    return " ".join("".join(child.itertext()) for child in node.iterchildren(f"{{{SCH}}}{name}")).strip()


def _namespaces(root: Node) -> dict[str, str]:
    """Those declared by `ns`, and prefixes the file itself declares, which functions in XSLT use."""
    inherited = {prefix: uri for prefix, uri in root.nsmap.items() if prefix and uri not in {SCH, XSL}}
    return inherited | {node.get("prefix", ""): node.get("uri", "") for node in root.iter(f"{{{SCH}}}ns")}


def _phase(node: Node) -> Phase:
    patterns = frozenset(active.get("pattern", "") for active in node.iterchildren(f"{{{SCH}}}active"))
    return Phase(patterns=patterns, lets=tuple(node.iterchildren(f"{{{SCH}}}let")))


_TOP_LEVEL: Final = frozenset(f"{{{XSL}}}{name}" for name in ("function", "key", "variable", "param", "decimal-format"))


def _foreign(root: Node, source: str) -> tuple[Node, ...]:
    found = []
    for child in root:
        if isinstance(child.tag, str) and split_clark(child.tag)[0] == XSL:
            if child.tag not in _TOP_LEVEL:
                raise ConfigError(
                    f"{source} line {child.sourceline}: <{split_clark(child.tag)[1]}> of XSLT has no place in rules",
                    hint="functions, keys and variables have",
                )
            found.append(child)
    return tuple(found)


# Includes


def _include(node: Node, source: str, resolve: Resolve, depth: int) -> None:
    """Replace `include href` and `extends href` by what they name, also in what they name."""
    if depth > INCLUDES_DEEP_MAX:
        raise ConfigError(f"{source}: the includes stand more than {INCLUDES_DEEP_MAX} deep in each other, probably in a circle")
    for child in list(node.iter(f"{{{SCH}}}include", f"{{{SCH}}}extends")):
        href = child.get("href")
        if href is None:
            continue
        target = _target(href, source, resolve)
        _include(target, href, resolve, depth + 1)
        parent = child.getparent()
        position = parent.index(child)
        parent.remove(child)
        replacements = [target] if split_clark(child.tag)[1] == "include" else list(target)
        for offset, replacement in enumerate(replacements):
            replacement.tail = None
            parent.insert(position + offset, replacement)


def _target(href: str, source: str, resolve: Resolve) -> Node:
    name, _, fragment = href.partition("#")
    root = _parse(resolve(name), name)
    if not fragment:
        return root
    found = next((node for node in root.iter() if isinstance(node.tag, str) and node.get("id") == fragment), None)
    if found is None:
        raise ConfigError(f"{source}: {name!r} holds nothing with the id {fragment!r}")
    return found


# Abstract patterns


def _concrete_patterns(root: Node, source: str) -> Iterator[Node]:
    abstract = {node.get("id"): node for node in root.iter(f"{{{SCH}}}pattern") if node.get("abstract") == "true"}
    for node in root.iterchildren(f"{{{SCH}}}pattern"):
        if node.get("abstract") == "true":
            continue
        if node.get("documents") is not None:
            raise ConfigError(f"{source} line {node.sourceline}: the pattern looks into other documents, which rules must not")
        name = node.get("is-a")
        if name is None:
            yield node
        elif name in abstract:
            yield _instance(node, abstract[name])
        else:
            raise ConfigError(
                f"{source} line {node.sourceline}: there is no abstract pattern {name!r}",
                hint=f"there are {', '.join(map(str, abstract)) or 'none'}",
            )


def _instance(node: Node, abstract: Node) -> Node:
    """The abstract pattern with its parameters put in: every `$name` in attributes and texts."""
    values = {param.get("name"): param.get("value", "") for param in abstract.iterchildren(f"{{{SCH}}}param")}
    values |= {param.get("name"): param.get("value", "") for param in node.iterchildren(f"{{{SCH}}}param")}
    instance = copy.deepcopy(abstract)
    instance.set("id", node.get("id", abstract.get("id", "")))
    del instance.attrib["abstract"]
    if values:
        pattern = re.compile(r"\$(" + "|".join(re.escape(name) for name in sorted(values, key=len, reverse=True)) + r")(?![\w.-])")
        for inner in instance.iter():
            if isinstance(inner.tag, str) and inner.tag != f"{{{SCH}}}param":
                _put_in(inner, pattern, values)
    return instance


def _put_in(node: Node, pattern: re.Pattern[str], values: dict[str, str]) -> None:
    for name, value in node.attrib.items():
        node.set(name, pattern.sub(lambda match: values[match[1]], value))
    if node.text:
        node.text = pattern.sub(lambda match: values[match[1]], node.text)


# Rules


def _pattern(node: Node, index: int, root: Node, source: str) -> Pattern:
    own = {rule.get("id"): rule for rule in node.iterchildren(f"{{{SCH}}}rule") if rule.get("abstract") == "true"}
    library = {rule.get("id"): rule for rule in root.iter(f"{{{SCH}}}rule") if rule.get("abstract") == "true"}
    rules = [rule for rule in node.iterchildren(f"{{{SCH}}}rule") if rule.get("abstract") != "true"]
    for rule in rules:
        if rule.get("context") is None:
            raise ConfigError(f"{source} line {rule.sourceline}: the rule has no context")
    return Pattern(
        id=node.get("id", f"pattern-{index + 1}"),
        lets=tuple(node.iterchildren(f"{{{SCH}}}let")),
        rules=tuple(_extended(rule, library | own, source, ()) for rule in rules),
    )


def _extended(rule: Node, library: dict[str | None, Node], source: str, seen: tuple[str, ...]) -> Node:
    """The rule with the contents of the abstract rules it extends at the places where it names them."""
    if rule.find(f"{{{SCH}}}extends") is None:
        return rule
    whole = copy.deepcopy(rule)
    for extends in list(whole.iterchildren(f"{{{SCH}}}extends")):
        name = extends.get("rule", "")
        if name in seen or name not in library:
            reason = "extends itself" if name in seen else "is not there"
            raise ConfigError(f"{source} line {rule.sourceline}: the abstract rule {name!r} {reason}")
        base = copy.deepcopy(_extended(library[name], library, source, (*seen, name)))
        position = whole.index(extends)
        whole.remove(extends)
        for offset, child in enumerate(list(base)):
            whole.insert(position + offset, child)
    return whole


# What rules must not do

_REACHING: Final = re.compile(
    r"(?<![\w.:-])(?:fn:)?(doc|doc-available|document|collection|uri-collection|unparsed-text|unparsed-text-lines|unparsed-text-available"
    r"|environment-variable|available-environment-variables|json-doc|load-xquery-module|transform|parse-xml|serialize|evaluate)\s*\("
)
_LITERAL: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_ELEMENTS: Final = frozenset(
    f"{{{XSL}}}{name}"
    for name in ("result-document", "document", "import", "include", "import-schema", "source-document", "stream", "evaluate")
)


def refuse_reaching_out(root: Node, source: str) -> None:
    """Raise ConfigError for an expression or instruction that reads or writes anything but the document (threat T07, X23)."""
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        if node.tag in _ELEMENTS:
            raise ConfigError(f"{source} line {node.sourceline}: <{split_clark(node.tag)[1]}> of XSLT is not allowed in rules")
        for name, value in node.attrib.items():
            match = _REACHING.search(_LITERAL.sub("''", value))
            if match:
                raise ConfigError(
                    f"{source} line {node.sourceline}: @{name} calls {match[1]}(), which rules must not",
                    hint="rules see their document and nothing else",
                )
