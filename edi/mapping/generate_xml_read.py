"""Python that reads UBL into a canonical document: one pass over the children of each element."""

from __future__ import annotations

from edi.formats.ubl.names import clark
from edi.mapping.bound import BoundCalculation, BoundConstant, BoundField
from edi.mapping.emission import Emission
from edi.mapping.generate_objects import open_object, place_if_allowed, set_when, when_allows
from edi.mapping.python_text import Body, constants
from edi.mapping.tree import TreeNode


class XmlReadGenerator:
    """Generates the reader of one mapping."""

    def __init__(self, nodes: list[TreeNode], emission: Emission) -> None:
        self.nodes = nodes
        self.emit = emission
        self.scopes: dict[int, str] = {}
        """Functions by the list of nodes they read: a block that contains itself calls itself."""

    def generate(self) -> None:
        """`read(element, o, root, x[, p])`"""
        self._scope("read", self.nodes)

    def _scope(self, name: str, nodes: list[TreeNode]) -> str:
        self.scopes[id(nodes)] = name
        body = self.emit.text.function(f"{name}(element, o, root, x{self.emit.extra})")
        wanted = [node for node in nodes if node.entry.direction != "write" and (self.emit.traced or not node.only_fixed)]
        flags = [f"taken_{node.number}" for node in wanted if not node.repeats]
        if flags:
            body.put(" = ".join([*flags, "False"]))
        if wanted:
            body.open("for child in element:")
            body.put("tag = child.tag")
            self._branches(body, wanted)
            body.close()
        for node in wanted:
            if not node.owns_object:
                self.emit.finish(body, node.fields(), node.entry)
        return name

    def _branches(self, body: Body, wanted: list[TreeNode]) -> None:
        by_tag: dict[str, list[TreeNode]] = {}
        for node in wanted:
            by_tag.setdefault(node.tag, []).append(node)
        word = "if"
        for tag, alike in by_tag.items():
            body.open(f"{word} tag == {tag!r}:")
            word, inner = "elif", "if"
            for node in alike:
                body.open(f"{inner} {' and '.join(self._conditions(node)) or 'True'}:")
                inner = "elif"
                body.comment(node.entry)
                self._take(body, node)
                body.close()
                self._beyond(body, node)
            body.close()

    def _conditions(self, node: TreeNode) -> list[str]:
        found = [] if node.repeats else [f"not taken_{node.number}"]
        for name, part in node.attributes:
            if isinstance(part, BoundConstant) and not part.passive:
                found.append(constants(part.alternatives, f"child.get({name!r})"))
        for predicate in node.predicates:
            steps = tuple(clark(name) if not name.startswith("@") else name for name in predicate.path)
            target = next((one for known, one in node.targets if known is predicate), None)
            accepted = repr(predicate.alternatives) if target is None else f"({target.get()},)"
            found.append(f"{'not ' if predicate.negated else ''}stands(child, {steps!r}, {accepted})")
        entry = node.entry
        if not node.soft and entry.each is not None and entry.maximum is not None:
            found.append(f"len({entry.each.get()} or ()) < {entry.maximum}")
        if not node.soft:
            found += when_allows(entry)
        if not node.soft and entry.when is not None and entry.when.settings is None and not node.owns_object:
            found.append(f"({entry.when.python})")
        return found

    def _beyond(self, body: Body, node: TreeNode) -> None:
        entry = node.entry
        if node.soft or entry.more not in ("note", "error", "drop"):
            return
        body.open("elif True:")
        if self.emit.traced:
            label = self.emit.path(entry.each) if entry.each else repr(entry.pattern.text)
            body.put(f"x.more({entry.number}, child, {entry.more!r}, {label})" if entry.more != "drop" else "pass")
            body.put("x.cover_tree(child)")
        else:
            body.put("pass" if entry.more == "drop" else "x.trouble = True")
        body.close()

    def _take(self, body: Body, node: TreeNode) -> None:
        if not node.repeats:
            body.put(f"taken_{node.number} = True")
        if node.owns_object:
            self._into_object(body, node)
            return
        self._content(body, node, "child")

    def _into_object(self, body: Body, node: TreeNode) -> None:
        entry = node.entry
        name = f"take_{node.number}"
        index = open_object(body, entry)
        path = f", {self.emit.item_path(entry, index)}" if self.emit.traced else ""
        body.put(f"{name}(child, inner, root, x{path})")
        place_if_allowed(body, entry)
        own = self.emit.text.function(f"{name}(child, o, root, x{self.emit.extra})")
        own.comment(entry)
        self._content(own, node, "child")
        self.emit.finish(own, node.fields(), entry, "child")

    def _content(self, body: Body, node: TreeNode, where: str) -> None:
        """Attributes, text and nested elements of an element at hand."""
        for name, part in node.attributes:
            self._attribute(body, node, name, part, where)
        self._value(body, node, where)
        if node.children and not (not self.emit.traced and all(child.only_fixed for child in node.children)):
            function = self.scopes.get(id(node.children)) or self._scope(f"inside_{node.number}", node.children)
            body.put(f"{function}({where}, o, root, x{self.emit.extra})")
        if not node.soft:
            set_when(body, node.entry)

    def _attribute(self, body: Body, node: TreeNode, name: str, part: BoundConstant | BoundField, where: str) -> None:
        spot = f"{where}, {name!r}, 0"
        if isinstance(part, BoundConstant):
            if self.emit.traced:
                body.put(f"v = {where}.get({name!r})")
                body.put(f"if v in {part.alternatives!r}: x.cover(({spot}))")
                body.put(f"elif v: x.passive({part.alternatives!r}, v, {spot}, {node.entry.number}); x.cover(({spot}))")
            return
        body.put(f"v = {where}.get({name!r})")
        body.open("if v:")
        if part.passive:
            self.emit.compare_later(body, part, "v", spot, node.entry)
        else:
            self.emit.take_value(body, part, "v", spot, node.entry)
        body.close()

    def _value(self, body: Body, node: TreeNode, where: str) -> None:
        spot = f"{where}, 0, 0"
        match node.value:
            case BoundField(passive=False):
                body.put(f"v = text_of({where})")
                body.open("if v:")
                self.emit.take_value(body, node.value, "v", spot, node.entry)
                body.close()
            case BoundField() | BoundCalculation():
                body.put(f"v = text_of({where})")
                body.open("if v:")
                self.emit.compare_later(body, node.value, "v", spot, node.entry)
                body.close()
            case BoundConstant() if self.emit.traced:
                body.put(f"v = text_of({where})")
                body.put(f"if v in {node.value.alternatives!r}: x.cover(({spot}))")
                if not node.fixed:
                    body.put(f"elif v: x.passive({node.value.alternatives!r}, v, {spot}, {node.entry.number}); x.cover(({spot}))")
            case _:
                pass
