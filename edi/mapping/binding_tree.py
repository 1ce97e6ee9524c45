"""Binds tree patterns: resolves their fields, finds their elements in the UBL tables, merges what begins alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from edi.formats.ubl.model import AggregateType, DataType, ElementUse, UblTables
from edi.formats.ubl.names import clark
from edi.formats.yaml.problem import suggest
from edi.mapping.bound import BoundCalculation, BoundConstant, BoundField, BoundPart
from edi.mapping.codecs import Setting
from edi.mapping.conversion import check_lists, conversion_of, setting_kind
from edi.mapping.expressions import compile_expression
from edi.mapping.nodes import CsvSyntax, Definition, Entry
from edi.mapping.paths import Target, resolve
from edi.mapping.pattern import Calculation, Constant, Field, Part
from edi.mapping.pattern_tree import Predicate, Step, TreePattern
from edi.mapping.problems import Problems, Refused
from edi.mapping.tree import TreeNode, merged, with_constant

Type = AggregateType | DataType | None


@dataclass(slots=True)
class TreeBinder:
    """Binds one mapping; without tables (JSON) any name will do."""

    definition: Definition
    problems: Problems
    tables: UblTables | None = None
    numbered: int = 0
    done: dict[tuple[int, str], list[TreeNode]] = field(default_factory=dict)

    def bind(self, entries: list[Entry], owner: Type) -> list[TreeNode]:
        """The tree of these entries, which stand in an element of this type."""
        memo = (id(entries), owner.name if owner is not None else "")
        if memo in self.done:
            return self.done[memo]
        found = self.done[memo] = []
        nodes = [node for entry in entries for node in self._entry(entry, owner)]
        found += merged(nodes)
        return found

    def _entry(self, entry: Entry, owner: Type) -> list[TreeNode]:
        pattern = entry.pattern
        assert isinstance(pattern, TreePattern)
        try:
            if self.tables is None:
                self._check_json(entry, pattern)
            return [self._chain(entry, pattern, 0, owner)]
        except Refused as refused:
            self.problems.refused(entry.place, refused)
            return []

    def _check_json(self, entry: Entry, pattern: TreePattern) -> None:
        if isinstance(self.definition.syntax, CsvSyntax) and len(pattern.steps) > 1:
            raise Refused("a row has columns and nothing below them", pattern.steps[1].column, hint="a column's name with dots: 'a?.b'")
        if entry.each is not None and entry.maximum != 1 and not any(step.many for step in pattern.steps):
            raise Refused("a list needs an array to stand in", pattern.steps[-1].column, hint=f"{pattern.steps[-1].name}[]")

    def _chain(self, entry: Entry, pattern: TreePattern, index: int, owner: Type) -> TreeNode:
        step = pattern.steps[index]
        last = index == len(pattern.steps) - 1
        use, kind = self._use(step, owner)
        node = TreeNode(
            number=self._number(),
            name=step.name,
            entry=entry,
            soft=not last,
            predicates=step.predicates,
            targets=tuple((one, self._resolved(entry, one.field)) for one in step.predicates if one.field is not None),
            attributes=tuple((one.name, self._attribute(entry, one.part, kind, one.name)) for one in step.attributes),
            many=step.many,
            tag=clark(step.name) if self.tables is not None else "",
            order=self._order(step, owner),
            unbounded=use is not None and use.maximum != 1,
        )
        if last:
            self._finish(node, entry, pattern, kind)
        else:
            node.children = [self._chain(entry, pattern, index + 1, kind)]
            self._select_by_attribute(node)
        fixed = [self._fixed(entry, predicate, kind) for predicate in step.predicates if predicate.alternatives and not predicate.negated]
        for extra in fixed:
            if extra is not None:
                node.children = merged([*node.children, extra])
        self._attribute_predicates(node)
        return node

    def _finish(self, node: TreeNode, entry: Entry, pattern: TreePattern, kind: Type) -> None:
        node.value = self._part(entry, pattern.value, kind)
        node.always = pattern.always
        node.children = list(self.bind(entry.children, kind)) if node.predicates else self.bind(entry.children, kind)
        plain = not entry.owns_object and entry.when is None and entry.direction == "both" and entry.maximum is None
        node.soft = (
            plain and node.value is None and not node.always and not any(isinstance(part, BoundField) for _, part in node.attributes)
        )
        if isinstance(kind, DataType) and node.value is None:
            self.problems.error(entry.place, f"{node.name} holds text, but the pattern gives it none", hint=f"{node.name} = {{field}}")
        if isinstance(kind, AggregateType) and node.value is not None:
            self.problems.error(entry.place, f"{node.name} holds elements, not text", hint="nest entries in it")
        if self.tables is None and node.value is None and not entry.children:
            self.problems.error(
                entry.place, "this pattern has no {field}: it would never be written", hint="give it a field or nested entries"
            )

    def _number(self) -> int:
        self.numbered += 1
        return self.numbered

    def _use(self, step: Step, owner: Type) -> tuple[ElementUse | None, Type]:
        if self.tables is None:
            return None, None
        if isinstance(owner, DataType):
            raise Refused(f"{step.name} cannot stand here: the element around it holds text", step.column)
        if owner is None:
            return None, None
        use = owner.child(step.name)
        if use is None:
            names = [one.name for one in owner.children]
            raise Refused(
                f"{step.name} is no child of {owner.name.rpartition(':')[2]} in UBL {self.tables.version}",
                step.column,
                hint=suggest(step.name, names),
            )
        return use, self.tables.type_of_use(use)

    def _order(self, step: Step, owner: Type) -> int:
        if not isinstance(owner, AggregateType):
            return 0
        return next((index for index, use in enumerate(owner.children) if use.name == step.name), 0)

    def _attribute(self, entry: Entry, part: Constant | Field, kind: Type, name: str) -> BoundConstant | BoundField:
        attribute = kind.attribute(name) if isinstance(kind, DataType) else None
        if self.tables is not None and isinstance(kind, DataType) and attribute is None:
            raise Refused(
                f"there is no attribute {name!r} here", part.column, hint="attributes: " + ", ".join(one.name for one in kind.attributes)
            )
        bound = self._part(entry, part, None)
        assert isinstance(bound, BoundConstant | BoundField)
        return bound

    def _part(self, entry: Entry, part: Part, kind: Type) -> BoundPart | None:
        match part:
            case Constant():
                return BoundConstant(alternatives=part.alternatives, written=part.alternatives[0], passive=part.passive, column=part.column)
            case Calculation():
                try:
                    return BoundCalculation(
                        expression=compile_expression(part.expression, entry.here, self.definition.root), column=part.column
                    )
                except Refused as refused:
                    raise Refused(refused.text, part.column + refused.offset, hint=refused.hint) from refused
            case Field():
                return self._field(entry, part, kind)
            case _:
                return None

    def _resolved(self, entry: Entry, part: Field) -> Target:
        try:
            return resolve(part.path, entry.here, self.definition.root)
        except Refused as refused:
            raise Refused(refused.text, part.column + refused.offset, hint=refused.hint) from refused

    def _field(self, entry: Entry, part: Field, kind: Type) -> BoundField:
        target = self._resolved(entry, part)
        setting = Setting(tables=self.definition.tables, kind=setting_kind(target.field), timezone=self.definition.timezone)
        conversion = conversion_of(part, target.field, setting, formatted_moment=False)
        if conversion.span > 1 or conversion.wire is not None:
            raise Refused("this codec lays text over the components of EDIFACT", part.column)
        check_lists(part, target, conversion, entry)
        self._check_type(entry, part, target.field.type, conversion.part, kind, exact=bool(conversion.texts))
        return BoundField(target=target, conversion=conversion, required=part.required, passive=part.passive, column=part.column)

    def _check_type(self, entry: Entry, part: Field, field_type: str | None, moment_part: str, kind: Type, *, exact: bool) -> None:
        """A date-time cannot reach an xs:date, nor text a number."""
        if not isinstance(kind, DataType):
            return
        value = kind.value
        if field_type == "moment" and value == "xsd:date" and moment_part != "date":
            raise Refused(
                f"{part.path!r} may have a time, which {kind.name.rpartition(':')[2]} cannot hold",
                part.column,
                hint=f"{{{part.path}|date}}, and {{{part.path}|time}} where there is an element for it",
            )
        if value in ("xsd:date", "xsd:time") and field_type != "moment" and not exact:
            raise Refused(f"{part.path!r} is a {field_type}, the element holds a {value[4:]}", part.column, hint="bind a moment")
        if field_type == "moment" and value == "xsd:time" and moment_part != "time":
            raise Refused(f"{part.path!r} is a moment, the element holds a time", part.column, hint=f"{{{part.path}|time}}")
        numeric = value in ("xsd:decimal", "xsd:integer")
        if numeric and field_type == "code" and not exact:
            self.problems.warning(
                entry.place,
                f"{part.path!r} is a code, the element holds a number",
                part.column,
                hint="a table can make sure that only numbers are written",
            )
        if numeric and field_type in ("text", "moment") and not exact:
            raise Refused(
                f"{part.path!r} is a {field_type}, the element holds a number", part.column, hint="bind a decimal field, or give it a table"
            )

    def _select_by_attribute(self, node: TreeNode) -> None:
        """`cac:PartyIdentification/cbc:ID[@schemeID='0088']`: the fixed attribute selects among repeated parents."""
        child = node.children[0]
        if not node.unbounded:
            return
        for name, part in child.attributes:
            if isinstance(part, BoundConstant) and not part.passive:
                node.predicates = (*node.predicates, Predicate(path=(child.name, "@" + name), alternatives=part.alternatives))

    def _attribute_predicates(self, node: TreeNode) -> None:
        """A predicate on a child's attribute is written as that attribute."""
        for predicate in node.predicates:
            if len(predicate.path) == 2 and predicate.path[1].startswith("@") and predicate.alternatives and not predicate.negated:
                constant = BoundConstant(alternatives=predicate.alternatives, written=predicate.alternatives[0], passive=False)
                for child in node.children:
                    if child.name == predicate.path[0]:
                        with_constant(child, predicate.path[1][1:], constant)

    def _fixed(self, entry: Entry, predicate: Predicate, owner: Type) -> TreeNode | None:
        """The elements a predicate demands, as a node of fixed values."""
        if any(name.startswith("@") for name in predicate.path):
            return None
        step = Step(name=predicate.path[0], column=predicate.column)
        use, kind = self._use(step, owner)
        last = len(predicate.path) == 1
        rest = Predicate(path=predicate.path[1:], alternatives=predicate.alternatives, column=predicate.column)
        below = None if last else self._fixed(entry, rest, kind)
        return TreeNode(
            number=self._number(),
            name=step.name,
            entry=entry,
            soft=not last,
            fixed=True,
            carries_fixed=True,
            value=BoundConstant(alternatives=predicate.alternatives, written=predicate.alternatives[0], passive=False) if last else None,
            children=[below] if below is not None else [],
            tag=clark(step.name) if self.tables is not None else "",
            order=self._order(step, owner),
            unbounded=use is not None and use.maximum != 1,
        )
