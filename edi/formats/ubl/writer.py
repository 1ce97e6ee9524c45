"""A tree -> UBL bytes: children in schema order, canonical prefixes, UTF-8; what stands in UBLExtensions is not touched."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any, Final

from lxml import etree

from edi.formats.ubl import xsd
from edi.formats.ubl.model import AggregateType, Element, UblTables, load
from edi.formats.ubl.names import CAC, CANONICAL, CBC, EXT, prefixed, split_clark

Node = Any
"""An lxml element."""

_PREFIX_OF: Final = {namespace: prefix for prefix, namespace in CANONICAL.items()}
_SIGNATURE: Final = f"{{{CANONICAL['ds']}}}Signature"
_CONTENT: Final = f"{{{EXT}}}ExtensionContent"
DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def write(root: Node, *, version: str = "2.1", ordered: bool = False) -> bytes:
    """The document in schema order with canonical prefixes. `root` itself may be brought into order on the way.

    `ordered` says that it is in order already, as one is that has just been validated; that saves looking.

    Children that have no place there stay behind the others, for the validation to name.
    """
    renamed = with_canonical_prefixes(root)
    if not ordered:
        _bring_into_order(renamed, version)
    return to_bytes(renamed)


def _bring_into_order(root: Node, version: str) -> None:
    known = load(version)
    document = known.document(split_clark(root.tag)[1])
    if document is None or document.tag != root.tag or _is_in_order(root, version, document.name):
        return
    if not _is_tangled(root):
        _order(root, document, known)


def _is_in_order(root: Node, version: str, kind: str) -> bool:
    """True if the compiled schema has nothing against the document: three times as fast as looking at every child here."""
    return root.getparent() is None and not xsd.schema(version, kind).complaints(root)


def to_bytes(root: Node, *, pretty: bool = False) -> bytes:
    """The tree as it is, as UTF-8 with declaration; comments and instructions beside the root included.

    `pretty` breaks and indents lines; only for trees we built, since it changes white space.
    """
    return bytes(
        DECLARATION
        + etree.tostring(
            root.getroottree() if root.getparent() is None else root, encoding="UTF-8", xml_declaration=False, pretty_print=pretty
        )
    )


def _order(node: Node, element: Element, tables: UblTables) -> None:
    """Sort the children of `node` and of all below it; children of one name keep their order."""
    order = tables.order(element)
    children = list(node)
    positions = [order.get(prefixed(child.tag), len(order)) if isinstance(child.tag, str) else None for child in children]
    known = [position for position in positions if position is not None]
    if any(later < earlier for earlier, later in pairwise(known)):
        _rearrange(node, children, positions)
    for child in children:
        if not len(child) or not isinstance(child.tag, str) or child.tag == _CONTENT:
            continue
        declared = tables.element(prefixed(child.tag))
        if declared is not None and isinstance(declared.type, AggregateType) and declared.type.content.kind == "sequence":
            _order(child, declared, tables)


def _rearrange(node: Node, children: list[Node], positions: list[int | None]) -> None:
    """Comments stay before the element they stood before; the white space of the places stays."""
    tails = [child.tail for child in children]
    keys: list[int] = []
    following = len(children) + max((position or 0) for position in positions)
    for position in reversed(positions):
        following = position if position is not None else following
        keys.append(following)
    keys.reverse()
    ordered = [child for _, child in sorted(zip(keys, children, strict=True), key=lambda pair: pair[0])]
    for child, tail in zip(ordered, tails, strict=True):
        child.tail = tail
    node[:] = ordered


def with_canonical_prefixes(root: Node) -> Node:
    """The same tree with the document's namespace as default and `cac`, `cbc`, `ext`, ...

    `root` itself if it has them already, if it is signed (the signature covers prefixes), or if an element in it uses one
    of these prefixes for something else: another prefix is a matter of taste, another namespace is another document.
    """
    if _is_canonical(root) or next(root.iter(_SIGNATURE), None) is not None:
        return root
    namespace, _ = split_clark(root.tag)
    declared: Any = {None: namespace} if namespace else {}
    for prefix, uri in root.nsmap.items():
        name = _PREFIX_OF.get(uri, prefix)
        if uri != namespace and name is not None:
            declared.setdefault(name, uri)
    for uri in (CAC, CBC):
        if uri != namespace:
            declared.setdefault(_PREFIX_OF[uri], uri)
    if _would_shadow(root, declared):
        return root
    renamed: Node = etree.Element(root.tag, dict(root.attrib), nsmap=declared)
    renamed.text = root.text
    renamed.extend([copy.deepcopy(child) for child in root])
    if root.getparent() is None:
        for sibling in reversed(list(root.itersiblings(preceding=True))):
            renamed.addprevious(copy.deepcopy(sibling))
        for sibling in reversed(list(root.itersiblings())):
            renamed.addnext(copy.deepcopy(sibling))
    return renamed


def _is_tangled(root: Node) -> bool:
    """True if moving elements could give one another namespace.

    When an element moves, lxml drops its declaration of a namespace that is declared further out under another prefix. If a
    descendant binds that prefix to something else, what was in the dropped one lands there. Nobody writes such documents in good faith.
    """
    if etree.tostring(root).count(b"xmlns") <= len(root.nsmap):
        return False
    again = rebound = False
    scopes: dict[Node, dict[str | None, str]] = {root: root.nsmap}
    for node in root.iterdescendants():
        if isinstance(node.tag, str):
            outer, scope = scopes[node.getparent()], node.nsmap
            scopes[node] = scope
            for prefix, uri in scope.items():
                if outer.get(prefix) != uri:
                    again = again or uri in outer.values()
                    rebound = rebound or prefix in outer
    return again and rebound


def _would_shadow(root: Node, declared: dict[str | None, str]) -> bool:
    """True if an element below would change its namespace: it has none, or declares one of the prefixes differently."""
    known = set(declared.values())
    scopes: dict[Node, dict[str | None, str]] = {root: root.nsmap}
    for node in root.iterdescendants():
        if not isinstance(node.tag, str):
            continue
        if not node.tag.startswith("{"):
            return True
        outer, scope = scopes[node.getparent()], node.nsmap
        scopes[node] = scope
        if any(outer.get(prefix) != uri and uri not in known and prefix in declared for prefix, uri in scope.items()):
            return True
    return False


def _is_canonical(root: Node) -> bool:
    namespace, _ = split_clark(root.tag)
    return (
        root.prefix is None
        and all(prefix == _PREFIX_OF[uri] for prefix, uri in root.nsmap.items() if uri in _PREFIX_OF and uri != namespace)
        and all(root.nsmap.get(_PREFIX_OF[uri]) == uri for uri in (CAC, CBC))
    )
