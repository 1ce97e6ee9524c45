"""Static checks over a whole spoke: no funnel, no phantom, nothing thin; what can be said before any message is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from edi.documents.fields import Field
from edi.formats.edifact.directory import GroupUse, MessageType, SegmentUse
from edi.formats.yaml.problem import suggest
from edi.mapping.bindings import Binding, EdifactBinding
from edi.mapping.bound import BoundConstant, BoundField, BoundSegment, bound_leaves, carried_both_ways, walk_bound
from edi.mapping.nodes import Definition, Entry, UblSyntax
from edi.mapping.pattern import SegmentPattern
from edi.mapping.problems import Problems
from edi.mapping.tree import TreeNode
from edi.mapping.widths import too_narrow_for_itself


def check_spoke(definition: Definition, binding: Binding, problems: Problems) -> None:
    """Everything that needs the bound fields of all entries."""
    _no_funnel(definition, binding, problems)
    _days_beside_times(binding, problems)
    _tables_invert(definition, problems)
    if isinstance(binding, EdifactBinding):
        for sections in binding.bound.values():
            for name, bound in sections.items():
                _no_phantom(bound, problems)
                _no_shadow(bound, problems, name)
        too_narrow_for_itself(binding, problems)
        _ignored_tags_exist(definition, binding, problems)
    elif isinstance(definition.syntax, UblSyntax):
        _no_tree_shadow(binding.nodes, problems, set())
    _nothing_thin(definition, binding, problems)


def _no_funnel(definition: Definition, binding: Binding, problems: Problems) -> None:
    """No two patterns fill one field of one object; parts of a moment, columns of one table, and entries with `when` are apart."""
    owners: dict[int, object] = {}
    for section in definition.sections.values():
        _note_owners(section, None, owners)
    filled: dict[tuple[object, str, str], tuple[BoundField, Entry]] = {}
    for part, entry in binding.fields():
        if (
            part.passive
            or part.read_only
            or entry.direction != "both"
            or part.repeated
            or part.conversion.joined is not None
            or entry.when is not None
        ):
            continue
        owner = None if part.target.absolute else owners.get(entry.number)
        for leaf in bound_leaves(part.target):
            key = (owner, _selected_path(part, leaf), part.conversion.part or part.conversion.column)
            other = filled.setdefault(key, (part, entry))
            if other[1] is entry:
                continue
            where = f"line {other[1].place.line}" if other[1].place.file == entry.place.file else str(other[1].place)
            problems.error(
                entry.place,
                f"field {leaf.path!r} is filled by two patterns (also {where})",
                part.column,
                hint="give each its own field, join them as alternatives A|B, or say `dir: read` for the one that is only read",
                code="mapping.funnel",
            )


def _note_owners(entries: list[Entry], owner: object, owners: dict[int, object]) -> None:
    """The list entry whose items each entry's fields belong to; None for the document. Entries of `when` are apart with all in them."""
    for entry in entries:
        if entry.number in owners:
            continue
        apart = entry.each is not None or entry.reference is not None or entry.when is not None or bool(entry.only)
        owners[entry.number] = entry.number if apart else owner
        _note_owners(entry.children, owners[entry.number], owners)


def _selected_path(part: BoundField, leaf: Field) -> str:
    """The path with its selectors, and nothing else that tells items apart."""
    selects = "".join(f"[{step.name}:{step.select}{step.first}]" for step in part.target.steps if step.select or step.first)
    return leaf.path + selects


def _days_beside_times(binding: Binding, problems: Problems) -> None:
    """A time is a part of a moment whose day stands somewhere too."""
    dated = {part.target.canonical for part, _ in binding.fields() if part.conversion.part != "time"}
    for part, entry in binding.fields():
        if part.conversion.part == "time" and part.target.canonical not in dated:
            path = part.target.dotted
            text = f"{path!r} gets a time here and a day nowhere"
            problems.error(entry.place, text, part.column, hint=f"{{{path}|date}} where the day stands")


def _ignored_tags_exist(definition: Definition, binding: EdifactBinding, problems: Problems) -> None:
    """What `ignore` names can come at all: the message has such a segment."""
    tags = {tag for message in binding.messages.values() for tag in _tags(message)}
    for text, place in definition.ignores:
        if text[:3] not in tags:
            problems.error(place, f"no {text[:3]} can come in this message", hint=suggest(text[:3], tags))


def _tags(spec: MessageType | GroupUse) -> Iterator[str]:
    for item in spec.items:
        yield from (item.tag,) if isinstance(item, SegmentUse) else _tags(item)


def _tables_invert(definition: Definition, problems: Problems) -> None:
    """Every value a table gives when reading can be written again."""
    for table in definition.tables.values():
        for column in table.columns.values():
            lost = [value for value in dict.fromkeys(column.reading.values()) if column.other == "error" and value not in column.writing]
            if lost:
                problems.warning(
                    definition.place,
                    f"table {table.name} reads {', '.join(map(repr, lost[:5]))} and cannot write it",
                    hint="give the value a pair without <",
                    code="mapping.table",
                )


def _no_phantom(bound: list[BoundSegment], problems: Problems) -> None:
    """No segment without anything that could make it be written."""
    for one in walk_bound(bound):
        if one.entry.direction == "read" or one.always or one.driven or one.children or one.entry.owns_object:
            continue
        pattern = one.entry.pattern
        text = " ".join(pattern.text.split()) if isinstance(pattern, SegmentPattern) else ""
        if "*" in text:
            continue
        problems.error(
            one.entry.place, "this segment has no {field}: it would never be written", hint="mark it with '!always' or give it a field"
        )


def _no_shadow(bound: list[BoundSegment], problems: Problems, name: str) -> None:
    """No pattern that an earlier repeating one always takes first."""
    earlier: dict[str, list[BoundSegment]] = {}
    for one in sorted(bound, key=lambda each: each.entry.number):
        for before in earlier.get(one.tag, ()):
            free = before.entry.maximum is None and before.entry.when is None and not before.entry.holds
            takes_all = before.entry.each is not None and free
            if takes_all and before.entry.direction != "write" and one.entry.direction != "write" and _covers(before, one):
                problems.error(
                    one.entry.place,
                    f"line {before.entry.place.line} takes every {one.tag} that this pattern could take",
                    hint="put the more special pattern first",
                    code="mapping.shadow",
                )
                break
        earlier.setdefault(one.tag, []).append(one)
        _no_shadow(one.children, problems, name)


def _covers(before: BoundSegment, one: BoundSegment) -> bool:
    """True if every segment that fits the later pattern fits the earlier one."""
    own = {(index, part.position): part for index, part in one.tests()}
    for index, part in before.tests():
        later = own.get((index, part.position))
        if later is None or not set(later.alternatives) <= set(part.alternatives):
            return False
    return True


def _no_tree_shadow(nodes: list[TreeNode], problems: Problems, seen: set[int]) -> None:
    """The same for elements: a list without conditions takes every element of its name."""
    if id(nodes) in seen:
        return
    seen.add(id(nodes))
    for index, node in enumerate(nodes):
        before = next((one for one in nodes[:index] if one.name == node.name and _takes_all(one, node)), None)
        if before is not None and node.entry.direction != "write" and not node.fixed:
            problems.error(
                node.entry.place,
                f"line {before.entry.place.line} takes every {node.name} that this pattern could take",
                hint="put the more special pattern first",
                code="mapping.shadow",
            )
        _no_tree_shadow(node.children, problems, seen)


def _takes_all(before: TreeNode, node: TreeNode) -> bool:
    """True if a repeating node takes whatever the later one could take."""
    entry = before.entry
    if not before.repeats or entry.maximum is not None or entry.when is not None or entry.direction == "write":
        return False
    if any(isinstance(part, BoundConstant) and not part.passive for _, part in before.attributes):
        return False
    demanded = {one.path for one in node.predicates if not one.negated}
    return all(not one.negated and not one.alternatives and one.field is None and one.path in demanded for one in before.predicates)


def _nothing_thin(definition: Definition, binding: Binding, problems: Problems) -> None:
    """Every field of the kind's model is bound or declared `not_carried`."""
    if definition.document_itself:
        return
    bound = carried_both_ways(binding.fields())
    bound |= {target.canonical for entry in definition.entries() if entry.when is not None for target, _ in entry.when.settings or ()}
    bound |= {join.child.canonical for entry in definition.entries() for join in entry.joins}
    bound |= {entry.reference.field.canonical for entry in definition.entries() if entry.reference is not None}
    bound |= {f"{entry.reference.into.canonical}.id" for entry in definition.entries() if entry.reference is not None}
    unbound = [leaf.path for leaf in definition.root.leaves() if not leaf.engine and leaf.path not in bound]
    said = re.compile("|".join(_fitting(name) for name in definition.not_carried) or "(?!)")
    thin = [path for path in unbound if not said.fullmatch(path)]
    _nothing_said_in_vain(definition, unbound, problems)
    if thin:
        shown = ", ".join(thin[:12]) + (f" and {len(thin) - 12} more" if len(thin) > 12 else "")
        problems.warning(
            definition.place,
            f"{len(thin)} fields of the {definition.kind} are neither bound nor declared: {shown}",
            hint="bind them, or say why not: not_carried: {field: reason}",
            code="mapping.thin",
        )


def declared(path: str, not_carried: Iterable[str]) -> bool:
    """True if a `not_carried` names the field, something around it, or a pattern that fits it."""
    return any(re.fullmatch(_fitting(name), path) for name in not_carried)


def _fitting(name: str) -> str:
    """What a `not_carried` names, and all below it, as an expression; `*` stands for anything."""
    return "(?:" + ".*".join(re.escape(piece) for piece in name.split("*")) + r")(?:\..*)?"


def _nothing_said_in_vain(definition: Definition, unbound: Sequence[str], problems: Problems) -> None:
    """Every `not_carried` is about a field that is indeed not carried: reasons outlive what they were true of."""
    all_of_them = "\n".join(unbound)
    for name in definition.not_carried:
        if not re.search(f"^{_fitting(name)}$", all_of_them, re.MULTILINE):
            problems.warning(
                definition.place,
                f"not_carried names {name!r}, which is carried, or is no field of the {definition.kind}",
                hint="take the line away",
                code="mapping.thin",
            )
