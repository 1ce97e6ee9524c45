"""Python that writes a canonical document as UBL: text pieces in schema order, no tree of elements is built."""

from __future__ import annotations

from edi.mapping.bound import BoundCalculation, BoundConstant, BoundField
from edi.mapping.codecs.types import Number
from edi.mapping.emission import Emission
from edi.mapping.generate_objects import limited_items
from edi.mapping.paths import Target
from edi.mapping.python_text import Body
from edi.mapping.runtime import escape_text
from edi.mapping.tree import TreeNode


class XmlWriteGenerator:
    """Generates the writer of one mapping. Each function says whether it wrote more than fixed values."""

    def __init__(self, nodes: list[TreeNode], emission: Emission) -> None:
        self.nodes = nodes
        self.emit = emission
        self.names = 0
        self.done: set[int] = set()
        self.needed: tuple[str, ...] = ()
        """The conditions around what is being generated."""

    def generate(self) -> None:
        """`write(o, root, out, x[, p])`"""
        body = self.emit.text.function(f"write(o, root, out, x{self.emit.extra})")
        body.put("live = False")
        self._nodes(body, self.nodes, "live")

    def _nodes(self, body: Body, nodes: list[TreeNode], live: str) -> None:
        for node in sorted((one for one in nodes if one.entry.direction != "read"), key=lambda one: one.order):
            depth = body.depth
            if not node.soft or not node.fixed:
                body.comment(node.entry)
            if node.owns_object:
                self._own(body, node, live)
            else:
                if not node.soft and node.entry.when is not None:
                    body.open(f"if {node.entry.when.python}:")
                self._element(body, node, live)
            body.depth = depth

    def _own(self, body: Body, node: TreeNode, live: str) -> None:
        """Loop over items or step into an object, and call the function that writes the element."""
        entry, emit = node.entry, self.emit
        call = f"put_{node.number}(inner, root, out, x{', {}' if emit.traced else ''})"
        condition = f" and (lambda o: {entry.when.python})(inner)" if entry.when is not None else ""
        if entry.reference is not None:
            reference = entry.reference
            body.open(f"for inner in x.having({reference.into.get()}, ('id',), ({reference.field.get()},))[:1]:")
            body.put(f"if {call.format(emit.path(reference.into) + ' + chr(46)')}: {live} = True")
        elif entry.each is not None:
            self._loop(body, node)
            inner = "inner"
            if entry.at is not None:
                body.put(f"inner = {entry.at.get('inner')} or NONE")
            body.put(f"if {inner}{condition} and {call.format(emit.item_path(entry, 'number'))}: {live} = True")
        else:
            assert entry.at is not None
            body.put(f"inner = {entry.at.get()}")
            body.put(f"if inner{condition} and {call.format(emit.item_path(entry, '0'))}: {live} = True")
        if node.number not in self.done:
            self.done.add(node.number)
            self._function(node)

    def _loop(self, body: Body, node: TreeNode) -> None:
        entry = node.entry
        assert entry.each is not None
        items = limited_items(body, self.emit, entry)
        if self.emit.traced and not entry.joins:
            body.open(f"for number, inner in enumerate({items}, {entry.start - 1}):")
            return
        body.open(f"for inner in {items}:")
        if self.emit.traced:
            body.put(f"number = next(i for i, one in enumerate({entry.each.get()}) if one is inner)")

    def _function(self, node: TreeNode) -> None:
        body = self.emit.text.function(f"put_{node.number}(o, root, out, x{self.emit.extra})")
        body.comment(node.entry)
        body.put("live = False")
        around, self.needed = self.needed, ()
        self._element(body, node, "live")
        self.needed = around
        body.put("return live")

    def _element(self, body: Body, node: TreeNode, live: str) -> None:
        match node.value:
            case BoundField() if node.value.repeated:
                self._each_value(body, node, node.value, live)
            case BoundField():
                name = self._name()
                self.emit.written(body, name, node.value, node.entry)
                body.open(f"if {name} is not None:")
                self._leaf(body, node, escaped(node.value, name))
                body.put(f"{live} = True" if not node.value.passive else "pass")
                body.close()
            case BoundCalculation():
                name = self._name()
                self.emit.calculated(body, name, node.value, node.entry)
                body.open(f"if {name} is not None:")
                self._leaf(body, node, f"{{escape_text({name})}}")
                body.put(f"{live} = True")
                body.close()
            case BoundConstant():
                self._leaf(body, node, literal(escape_text(node.value.written)))
                if node.always:
                    body.put(f"{live} = True")
            case _:
                self._inner(body, node, live)

    def _each_value(self, body: Body, node: TreeNode, part: BoundField, live: str) -> None:
        name = self._name()
        body.open(f"for {name} in {part.target.get()} or ():")
        if not part.conversion.identity:
            self.emit.convert(body, name, name, part, node.entry)
        body.open(f"if {name} is not None:")
        self._leaf(body, node, escaped(part, name))
        body.put(f"{live} = True")
        body.close(2)

    def _leaf(self, body: Body, node: TreeNode, text: str) -> None:
        """`text`: what stands in an f-string between the tags."""
        body.put(f"out.append({written_text(f'{self._start(body, node)}{text}</{node.name}>')})")

    def _start(self, body: Body, node: TreeNode) -> str:
        """The start tag as it stands in an f-string; fixed attributes are in it, fields are put in."""
        attributes = ""
        for name, part in node.attributes:
            if isinstance(part, BoundField):
                variable = self._name()
                self.emit.written(body, variable, part, node.entry)
                body.put(f"{variable} = attribute({name!r}, {variable})")
                attributes += f"{{{variable}}}"
        return literal(_start_of(node)[:-1]) + attributes + ">"

    def _inner(self, body: Body, node: TreeNode, live: str) -> None:
        fixed = node.fixed_text(_start_of) if node.carries_fixed else ""
        if node.only_fixed:
            body.put(f"out.append({fixed!r})")
            return
        needed, around = () if node.owns_object else needs(node), self.needed
        guarded = bool(needed) and needed != around and len(needed) <= NEEDS_MAX
        if guarded:
            body.open(f"if {' or '.join(needed)}:")
            self.needed = needed
        mark, own = f"mark_{node.number}", f"live_{node.number}"
        body.put(f"{mark}, {own} = len(out), {node.always}")
        body.put(f"out.append({written_text(self._start(body, node))})")
        self._nodes(body, node.children, own)
        body.open(f"if {own}:")
        body.put(f"out.append('</{node.name}>')")
        body.put(f"{live} = True")
        body.close()
        body.open("else:")
        body.put(f"out[{mark}:] = [{fixed!r}]" if fixed else f"del out[{mark}:]")
        body.close()
        if guarded:
            body.close()
            self.needed = around
            if fixed:
                body.put(f"else: out.append({fixed!r})")

    def _name(self) -> str:
        self.names += 1
        return f"v{self.names}"


NEEDS_MAX = 8
"""Asking for more fields than this costs more than looking at what is inside."""


def needs(node: TreeNode) -> tuple[str, ...]:
    """Python conditions of which one holds wherever an element has something in it; empty where that cannot be told beforehand.

    Most elements of a mapping are absent from a document, so they are passed over as a whole.
    """
    found = _needs(node)
    return () if found is None else tuple(sorted(found))


def _needs(node: TreeNode) -> frozenset[str] | None:
    """None: it may be written, or complained of, whatever the document holds."""
    if node.always:
        return None
    if node.owns_object:
        entry = node.entry
        target = entry.reference.into if entry.reference is not None else entry.each or entry.at
        return None if target is None else frozenset((present(target),))
    fields = node.fields() if node.value is None else (node.value,)
    if any(isinstance(part, BoundCalculation) or (isinstance(part, BoundField) and part.required) for part in fields):
        return None
    if isinstance(node.value, BoundField):
        return frozenset() if node.value.passive else frozenset((present(node.value.target),))
    inside = [_needs(child) for child in node.children if child.entry.direction != "read"]
    return None if None in inside else frozenset().union(*(one for one in inside if one is not None))


def present(target: Target) -> str:
    """A Python condition without which the target has no value."""
    return f"{target.steps[0].name!r} in {target.base()}"


def escaped(part: BoundField, name: str) -> str:
    """A written value as it stands in an f-string; the digits of a number need no escape."""
    conversion = part.conversion
    plain = isinstance(conversion.type, Number) and not conversion.texts and conversion.wire is None and conversion.joined is None
    return f"{{{name}}}" if plain else f"{{escape_text({name})}}"


def written_text(inside: str) -> str:
    """The Python text of what stands in an f-string; a plain string where nothing is put in."""
    return f"f'{inside}'" if "{" in inside else f"'{inside}'"


def literal(text: str) -> str:
    """Text as it stands in an f-string between single quotes."""
    return repr('"' + text)[2:-1].replace("{", "{{").replace("}", "}}")


def _start_of(node: TreeNode) -> str:
    """The start tag with its fixed attributes."""
    fixed = "".join(f' {name}="{escape_text(part.written)}"' for name, part in node.attributes if isinstance(part, BoundConstant))
    return f"<{node.name}{fixed}>"
