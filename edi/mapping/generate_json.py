"""Python that reads a JSON value into a canonical document, and writes one; a JSON object is visited once per level."""

from __future__ import annotations

from edi.mapping.bound import BoundCalculation, BoundConstant, BoundField
from edi.mapping.emission import Emission
from edi.mapping.generate_objects import limited_items, open_object, place_if_allowed, set_when, when_allows
from edi.mapping.python_text import Body
from edi.mapping.tree import TreeNode


class JsonReadGenerator:
    """Generates the reader of one mapping. `n` is the JSON object at hand, `q` its JSON path in traced code."""

    def __init__(self, nodes: list[TreeNode], emission: Emission) -> None:
        self.nodes = nodes
        self.emit = emission
        self.scopes: dict[int, str] = {}
        self.extra = ", p, q" if emission.traced else ""

    def generate(self) -> None:
        """`read(n, o, root, x[, p, q])`"""
        self._scope("read", self.nodes)

    def _scope(self, name: str, nodes: list[TreeNode]) -> str:
        self.scopes[id(nodes)] = name
        body = self.emit.text.function(f"{name}(n, o, root, x{self.extra})")
        wanted = [node for node in nodes if node.entry.direction != "write" and (self.emit.traced or not node.only_fixed)]
        if wanted:
            body.open("if n.__class__ is not dict:")
            body.put("x.trouble = True")
            body.put("return")
            body.close()
        for node in wanted:
            if not (node.soft and node.fixed):
                body.comment(node.entry)
            depth = body.depth
            if not node.soft and when_allows(node.entry):
                body.open(f"if {' and '.join(when_allows(node.entry))}:")
            if not node.soft and node.entry.when is not None and node.entry.when.settings is None and not node.owns_object:
                body.open(f"if {node.entry.when.python}:")
            self._visit(body, node)
            body.depth = depth
        return name

    def _visit(self, body: Body, node: TreeNode) -> None:
        below = f"q + {'/' + node.name.replace('~', '~0').replace('/', '~1')!r}"
        body.put(f"m = n.get({node.name!r})")
        if node.many or node.repeats:
            self._items(body, node, below)
            return
        if node.value is not None and not node.owns_object:
            self._scalar(body, node, "m", below)
            return
        body.open("if m is not None:")
        self._object(body, node, "m", below)
        body.close()

    def _items(self, body: Body, node: TreeNode, below: str) -> None:
        if self.emit.traced:
            body.put(f"r, many = {below}, m.__class__ is list")
            body.open("for i, m in enumerate(listed(m)):")
            below = "(r + f'/{i}' if many else r)"
        else:
            body.open("for m in listed(m):")
        conditions = [f"{'not ' if one.negated else ''}holds(m, {one.path!r}, {one.alternatives!r})" for one in node.predicates]
        if not node.soft and node.entry.each is not None and node.entry.maximum is not None:
            conditions.append(f"len({node.entry.each.get()} or ()) < {node.entry.maximum}")
        if conditions:
            body.open(f"if {' and '.join(conditions)}:")
        if node.value is not None and node.owns_object:
            self._object(body, node, "m", below)
        elif node.value is not None:
            self._scalar(body, node, "m", below)
        else:
            self._object(body, node, "m", below)
        if node.predicates and not node.repeats:
            body.put("break")
        if conditions:
            body.close()
        body.close()

    def _object(self, body: Body, node: TreeNode, value: str, below: str) -> None:
        if not node.owns_object:
            self._inside(body, node, value, below)
            if not node.soft:
                set_when(body, node.entry)
            return
        entry, name = node.entry, f"take_{node.number}"
        index = open_object(body, entry)
        arguments = f", {self.emit.item_path(entry, index)}, {below}" if self.emit.traced else ""
        body.put(f"{name}({value}, inner, root, x{arguments})")
        place_if_allowed(body, entry)
        own = self.emit.text.function(f"{name}(n, o, root, x{self.extra})")
        own.comment(entry)
        if node.value is not None:
            self._scalar(own, node, "n", "q")
        else:
            self._inside(own, node, "n", "q")
        set_when(own, entry)

    def _inside(self, body: Body, node: TreeNode, value: str, below: str) -> None:
        function = self.scopes.get(id(node.children)) or self._scope(f"inside_{node.number}", node.children)
        body.put(f"{function}({value}, o, root, x{f', p, {below}' if self.emit.traced else ''})")

    def _scalar(self, body: Body, node: TreeNode, value: str, below: str) -> None:
        part = node.value
        body.open("try:")
        body.put(f"v = wire_text({value})")
        body.close()
        body.open("except ValueError as refusal:")
        if self.emit.traced:
            body.put(f"x.refused({node.entry.pattern.text!r}, None, refusal, {below}, 0, 0, {node.entry.number})")
        else:
            body.put("x.trouble = True")
        body.put("v = ''")
        body.close()
        match part:
            case BoundField():
                self._field(body, node, part, below)
            case BoundCalculation():
                body.open("if v:")
                self._later(body, part, node, below)
                body.close()
            case BoundConstant() if self.emit.traced:
                body.put(f"if v in {part.alternatives!r}: x.cover(({below}, 0, 0))")
                if not node.fixed:
                    body.put(f"elif v: x.passive({part.alternatives!r}, v, {below}, 0, 0, {node.entry.number}); x.cover(({below}, 0, 0))")
            case _:
                pass

    def _field(self, body: Body, node: TreeNode, part: BoundField, below: str) -> None:
        body.open("if v:")
        if part.passive:
            self._later(body, part, node, below)
        else:
            self.emit.take_value(body, part, "v", f"{below}, 0, 0", node.entry)
        body.close()
        self.emit.finish(body, [part], node.entry)

    def _later(self, body: Body, part: BoundField | BoundCalculation, node: TreeNode, below: str) -> None:
        if self.emit.traced:
            body.put(f"here = {below}")
        self.emit.compare_later(body, part, "v", "here, 0, 0" if self.emit.traced else "'', 0, 0", node.entry)


class JsonWriteGenerator:
    """Generates the writer of one mapping. Each function fills a JSON object and says whether it holds more than fixed values."""

    def __init__(self, nodes: list[TreeNode], emission: Emission) -> None:
        self.nodes = nodes
        self.emit = emission
        self.names = 0
        self.scopes: dict[int, str] = {}

    def generate(self) -> None:
        """`write(o, root, n, x[, p])`"""
        self._scope("write", self.nodes)

    def _scope(self, name: str, nodes: list[TreeNode]) -> str:
        self.scopes[id(nodes)] = name
        body = self.emit.text.function(f"{name}(o, root, n, x{self.emit.extra})")
        body.put("live = False")
        for node in nodes:
            if node.entry.direction == "read":
                continue
            if not (node.soft and node.fixed):
                body.comment(node.entry)
            depth = body.depth
            self._node(body, node)
            body.depth = depth
        body.put("return live")
        return name

    def _node(self, body: Body, node: TreeNode) -> None:
        if node.owns_object:
            self._own(body, node)
            return
        if not node.soft and node.entry.when is not None:
            body.open(f"if {node.entry.when.python}:")
        if node.value is not None:
            self._leaf(body, node)
            return
        inside = self.scopes.get(id(node.children)) or self._scope(f"inside_{node.number}", node.children)
        body.put("m = {}")
        body.open(f"if {inside}(o, root, m, x{self.emit.extra}):")
        self._put(body, node, "m")
        body.put("live = True")
        body.close()

    def _put(self, body: Body, node: TreeNode, value: str) -> None:
        if node.many:
            body.put(f"n.setdefault({node.name!r}, []).append({value})")
        else:
            body.put(f"n.setdefault({node.name!r}, {{}}).update({value})" if node.soft else f"n[{node.name!r}] = {value}")

    def _own(self, body: Body, node: TreeNode) -> None:
        entry, emit = node.entry, self.emit
        name = f"put_{node.number}"
        condition = f" and (lambda o: {entry.when.python})(inner)" if entry.when is not None else ""
        if entry.reference is not None:
            reference = entry.reference
            body.open(f"for inner in x.having({reference.into.get()}, ('id',), ({reference.field.get()},))[:1]:")
            path = emit.path(reference.into) + " + chr(46)" if emit.traced else ""
        elif entry.each is not None:
            self._loop(body, node)
            path = emit.item_path(entry, "number")
            if entry.at is not None:
                body.put(f"inner = {entry.at.get('inner')} or NONE")
        else:
            assert entry.at is not None
            body.put(f"inner = {entry.at.get()}")
            path = emit.item_path(entry, "0")
        body.put("m = {}")
        body.open(f"if inner{condition} and {name}(inner, root, m, x{', ' + path if emit.traced else ''}):")
        if node.value is not None:
            body.put("m = m['']")
        self._put(body, node, "m")
        body.put("live = True")
        body.close()
        if node.value is not None:
            own = emit.text.function(f"{name}(o, root, n, x{emit.extra})")
            own.put("live = False")
            self._leaf(own, node, key="")
            own.put("return live")
        else:
            self.scopes.get(id(node.children)) or self._scope(name, node.children)
            if self.scopes[id(node.children)] != name:
                emit.text.function(f"{name}(o, root, n, x{emit.extra})").put(
                    f"return {self.scopes[id(node.children)]}(o, root, n, x{emit.extra})"
                )

    def _loop(self, body: Body, node: TreeNode) -> None:
        entry = node.entry
        assert entry.each is not None
        items = limited_items(body, self.emit, entry)
        body.open(f"for number, inner in enumerate({items}):")

    def _leaf(self, body: Body, node: TreeNode, key: str | None = None) -> None:
        part, name = node.value, self._name()
        key = node.name if key is None else key
        if isinstance(part, BoundConstant):
            body.put(f"n[{key!r}] = {part.written!r}")
            if node.always:
                body.put("live = True")
            return
        if isinstance(part, BoundCalculation):
            self.emit.calculated(body, name, part, node.entry)
        elif isinstance(part, BoundField) and part.repeated:
            self._values(body, node, part, key)
            return
        elif isinstance(part, BoundField) and part.conversion.raw:
            body.put(f"{name} = {part.target.get()}")
            if part.conversion.values:
                body.put(f"{name} = None if {name} is None else {self.emit.text.conversion(part.conversion)}.write_raw({name})")
            if part.required and node.entry.direction != "read":
                body.put(
                    f"if {name} is None: "
                    + (f"x.missing({self.emit.path(part.target)}, {node.entry.number})" if self.emit.traced else "x.trouble = True")
                )
        elif isinstance(part, BoundField):
            self.emit.written(body, name, part, node.entry)
        body.open(f"if {name} is not None:")
        body.put(f"n.setdefault({key!r}, []).append({name})" if node.many and key else f"n[{key!r}] = {name}")
        body.put("live = True" if not (isinstance(part, BoundField) and part.passive) else "pass")
        body.close()

    def _values(self, body: Body, node: TreeNode, part: BoundField, key: str) -> None:
        name = self._name()
        body.open(f"for {name} in {part.target.get()} or ():")
        if not part.conversion.raw:
            self.emit.convert(body, name, name, part, node.entry)
        body.open(f"if {name} is not None:")
        body.put(f"n.setdefault({key!r}, []).append({name})")
        body.put("live = True")
        body.close(2)

    def _name(self) -> str:
        self.names += 1
        return f"v{self.names}"
