"""Python that reads the group tree of an EDIFACT message into a canonical document: one function per scope, one pass per scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from edi.mapping.bound import BoundAnything, BoundCalculation, BoundConstant, BoundField, BoundParts, BoundSegment
from edi.mapping.codecs.base import WireCodec
from edi.mapping.emission import Emission
from edi.mapping.generate_objects import open_object, place_object, set_when, when_allows
from edi.mapping.python_text import Body, constants


class EdifactReadGenerator:
    """Generates the reader of one mapping for one release."""

    def __init__(self, sections: Mapping[str, Sequence[BoundSegment]], emission: Emission) -> None:
        self.sections = sections
        self.emit = emission

    def generate(self) -> None:
        """`read(header, detail, summary, o, root, x[, p])`"""
        names = [name for name in ("header", "detail", "summary") if self.sections.get(name)]
        for name in names:
            self._scope(f"read_{name}", [one for one in self.sections[name] if one.entry.direction != "write"])
        body = self.emit.text.function(f"read(header, detail, summary, o, root, x{self.emit.extra})")
        for name in names:
            body.put(f"read_{name}({name}, o, root, x{self.emit.extra})")

    def _scope(self, name: str, bound: Sequence[BoundSegment]) -> None:
        body = self.emit.text.function(f"{name}(items, o, root, x{self.emit.extra})")
        self._scan(body, bound)
        for one in bound:
            if not self._is_own(one):
                self.emit.finish(body, one.fields(), one.entry)

    def _is_own(self, one: BoundSegment) -> bool:
        """True if a function of its own reads it."""
        return one.entry.owns_object or bool(one.children)

    def _scan(self, body: Body, bound: Sequence[BoundSegment]) -> None:
        """One pass over the items of a group."""
        in_file_order = sorted(bound, key=lambda one: one.entry.number)
        flags = [f"taken_{one.entry.number}" for one in in_file_order if self._once(one)]
        if flags:
            body.put(" = ".join([*flags, "False"]))
        if not bound:
            return
        body.open("for item in items:")
        body.put("s = item if item.__class__ is Segment else item.trigger")
        body.put("tag = s.tag")
        by_tag: dict[str, list[BoundSegment]] = {}
        for one in in_file_order:
            by_tag.setdefault(one.tag, []).append(one)
        word = "if"
        for tag, alike in by_tag.items():
            body.open(f"{word} tag == {tag!r}:")
            word = "elif"
            self._branch(body, alike)
            body.close()
        body.close()

    def _once(self, one: BoundSegment) -> bool:
        repeated = any(part.repeated for part in one.fields()) or (one.entry.direction == "read" and one.children and not one.driven)
        return one.entry.each is None and one.entry.reference is None and not one.slots and not repeated and one.entry.more != "repeat"

    def _branch(self, body: Body, alike: Sequence[BoundSegment]) -> None:
        body.put("e = s.elements")
        body.put("n = len(e)")
        if sum(1 for one in alike if any(index == 0 and part.position == 0 for index, part in one.tests())) > 1:
            body.put("q = e[0][0] if n else ''")
            shared = True
        else:
            shared = False
        shares = any(one.slots for one in alike)
        if shares:
            body.put("done, used = False, set()")
        word = "if"
        for one in alike:
            conditions = [
                constants(
                    part.alternatives, "q" if shared and index == 0 and part.position == 0 else f"({component(index, part.position)})"
                )
                for index, part in one.tests()
            ]
            conditions += self._limits(one)
            if shares:
                conditions = ["not done" if one.slots else "not done and not used", *conditions]
            body.open(f"{word} {' and '.join(conditions) or 'True'}:")
            body.comment(one.entry)
            if shares and not one.slots:
                body.put("done = True")
            self._take(body, one)
            body.close()
            word = self._beyond(body, one, conditions, "if" if shares else "elif")

    def _limits(self, one: BoundSegment) -> list[str]:
        entry = one.entry
        limits = [f"not taken_{entry.number}"] if self._once(one) else []
        if entry.each is not None and entry.maximum is not None:
            limits.append(f"len({entry.each.get()} or ()) < {entry.maximum}")
        if entry.holds:
            tag, _, qualifier = entry.holds.partition("+")
            limits.append(f"opens(item, {tag!r}, {qualifier!r})")
        limits += when_allows(entry)
        if entry.when is not None and entry.when.settings is None:
            limits.append(
                f"self_{entry.number}(item, s, e, n, o, root, x{self.emit.extra})" if self._is_own(one) else f"({entry.when.python})"
            )
        return limits

    def _beyond(self, body: Body, one: BoundSegment, conditions: list[str], word: str) -> str:
        """What comes after an entry has had its fill."""
        entry = one.entry
        if entry.more not in ("note", "error", "drop") or (entry.each is not None and entry.maximum is None):
            return word
        tests = [condition for condition in conditions if not condition.startswith(("not taken_", "len("))]
        body.open(f"{word} {' and '.join(tests) or 'True'}:")
        if self.emit.traced:
            label = self.emit.path(entry.each) if entry.each else repr(entry.pattern.text)
            if entry.more != "drop":
                body.put(f"x.more({entry.number}, s, {entry.more!r}, {label})")
            body.put("for i, components in enumerate(e): x.cover_rest(s, i, 0)")
        else:
            body.put("pass" if entry.more == "drop" else "x.trouble = True")
        body.close()
        return "elif"

    def _take(self, body: Body, one: BoundSegment) -> None:
        if one.entry.when is not None and one.entry.when.settings is None and self._is_own(one):
            self._conditional(one)
            body.put(f"taken_{one.entry.number} = True" if self._once(one) else "pass")
            return
        if self._is_own(one):
            if self._once(one):
                body.put(f"taken_{one.entry.number} = True")
            self._call(body, one)
            return
        self._segment(body, one, inline=True)
        set_when(body, one.entry)

    def _conditional(self, one: BoundSegment) -> None:
        """A function that reads the object, and takes it only if the condition then holds."""
        entry = one.entry
        assert entry.when is not None
        body = self.emit.text.function(f"self_{entry.number}(item, s, e, n, o, root, x{self.emit.extra})")
        body.comment(entry)
        self._call(body, one, condition=entry.when.python)
        body.put("return False")

    def _call(self, body: Body, one: BoundSegment, *, condition: str | None = None) -> None:
        """Read into the entry's own object, then put the object where it belongs."""
        entry, emit = one.entry, self.emit
        arguments = f"item, s, e, n, {{}}, root, x{', ' + '{}' if emit.traced else ''}"
        if not entry.owns_object:
            body.put(f"take_{entry.number}({arguments.format('o', 'p')})")
            if condition:
                body.put("return True")
            self._function(one)
            return
        if one.slots and entry.each is not None:
            body.open(f"for last in range({len(one.elements)}, n):")
            body.put("if last in used: continue")
            arguments = arguments.replace(" n,", " last + 1,")
        index = open_object(body, entry)
        body.put(f"take_{entry.number}({arguments.format('inner', emit.item_path(entry, index))})")
        self._function(one)
        if condition:
            body.open(f"if (lambda o: {condition})(inner):")
        place_object(body, entry)
        if condition:
            body.put("return True")
            body.close()
        if one.slots and entry.each is not None:
            body.put("if inner: used.add(last)")
            body.close()

    def _function(self, one: BoundSegment) -> None:
        """The function that reads the trigger and what is nested in its group."""
        body = self.emit.text.function(f"take_{one.entry.number}(item, s, e, n, o, root, x{self.emit.extra})")
        body.comment(one.entry)
        self._segment(body, one, inline=False)
        set_when(body, one.entry)
        nested = [child for child in one.children if child.entry.direction != "write"]
        if nested:
            body.put("trigger = s")
            body.put("items = item.items[1:]")
            self._scan(body, nested)
            for child in nested:
                if not self._is_own(child):
                    self.emit.finish(body, child.fields(), child.entry, "trigger" if one.entry.owns_object else "None")
        self.emit.finish(body, one.fields(), one.entry, "trigger" if nested else "s")

    def _segment(self, body: Body, one: BoundSegment, *, inline: bool) -> None:
        """The values of one segment."""
        if self.emit.traced:
            for index, part in one.tests():
                body.put(f"x.cover((s, {index}, {part.position}))")
        joint = joint_fields(one)
        for index, element in enumerate(one.elements):
            self._element(body, one, index, element, joint, flag=inline and self._once(one))
        for table, parts in joint.items():
            self._joint(body, one, table, parts)
        if one.slots:
            self._slots(body, one)
        if inline and self._once(one) and not one.driven:
            body.put(f"taken_{one.entry.number} = True")

    def _choice(self, body: Body, one: BoundSegment, index: int, joint: Mapping[str, object], *, flag: bool) -> None:
        """The first alternative whose constants stand there."""
        word = "if"
        for alternative in one.choices[index]:
            tests = [constants(part.alternatives, f"({component(index, part.position)})") for part in alternative.guards]
            body.open(f"{word} {' and '.join(tests) or 'True'}:")
            self._parts(body, one, index, alternative.parts, alternative.guards, joint, flag=flag)
            body.close()
            word = "elif"

    def _element(self, body: Body, one: BoundSegment, index: int, element: BoundParts, joint: Mapping[str, object], *, flag: bool) -> None:
        if index in one.choices:
            self._choice(body, one, index, joint, flag=flag)
            return
        guards = one.guards(index)
        if guards:
            body.open(f"if {' and '.join(constants(part.alternatives, '(' + component(index, part.position) + ')') for part in guards)}:")
        self._parts(body, one, index, element, guards, joint, flag=flag)
        if guards:
            body.close()

    def _parts(
        self,
        body: Body,
        one: BoundSegment,
        index: int,
        element: BoundParts,
        guards: Sequence[BoundConstant],
        joint: Mapping[str, object],
        *,
        flag: bool,
    ) -> None:
        if guards and self.emit.traced:
            for guard in guards:
                body.put(f"x.cover((s, {index}, {guard.position}))")
        for part in element:
            wire = component(index, part.position)
            spot = self.emit.spot("s", index, part.position)
            match part:
                case BoundConstant(passive=True) if self.emit.traced:
                    body.put(f"v = {wire}")
                    body.put(f"if v in {part.alternatives!r}: x.cover(({spot}))")
                    body.put(f"elif v: x.passive({part.alternatives!r}, v, {spot}, {one.entry.number}); x.cover(({spot}))")
                case BoundAnything() if self.emit.traced:
                    body.put(f"x.cover_rest({spot})")
                case BoundCalculation():
                    body.put(f"v = {wire}")
                    body.open("if v:")
                    self.emit.compare_later(body, part, "v", spot, one.entry)
                    body.close()
                case BoundField() if part.conversion.column and part.target.canonical in joint:
                    pass
                case BoundField():
                    self._field(body, one, part, index, spot, flag=flag)
                case _:
                    pass

    def _field(self, body: Body, one: BoundSegment, part: BoundField, index: int, spot: str, *, flag: bool) -> None:
        if part.conversion.span > 1:
            body.put(f"v = e[{index}][{part.position}:{part.position + part.conversion.span}] if n > {index} else ()")
            body.open("if v and any(v):" if isinstance(part.conversion.wire, WireCodec) else "if v:")
        else:
            body.put(f"v = {component(index, part.position)}")
            body.open("if v:")
        if part.passive:
            self.emit.compare_later(body, part, "v" if part.conversion.span == 1 else "v[0]", spot, one.entry)
        else:
            if flag:
                body.put(f"taken_{one.entry.number} = True")
            joiner = part.conversion.wire.joiner if one.entry.more == "repeat" and part.conversion.wire is not None else None
            self.emit.take_value(body, part, "v", spot, one.entry, joiner=joiner)
        body.close()

    def _joint(self, body: Body, one: BoundSegment, name: str, parts: list[tuple[int, BoundField]]) -> None:
        """One field in several columns of a table: the row that agrees with all of them."""
        first = parts[0][1]
        columns = {part.conversion.column.partition(".")[2]: component(index, part.position) for index, part in parts}
        body.put("columns = {" + ", ".join(f"{column!r}: {wire}" for column, wire in columns.items()) + "}")
        body.open("if any(columns.values()):")
        if self._once(one) and not self._is_own(one):
            body.put(f"taken_{one.entry.number} = True")
        body.open("try:")
        body.put(f"value = {self.emit.text.conversion(first.conversion)}.table.agreeing(columns)")
        body.close()
        body.open("except ValueError as refusal:")
        spot = self.emit.spot("s", parts[0][0], first.position)
        if self.emit.traced:
            body.put(f"x.refused({self.emit.path(first.target)}, str(columns), refusal, {spot}, {one.entry.number})")
        else:
            body.put("x.trouble = True")
        body.close()
        body.open("else:")
        body.put(first.target.put("value"))
        if self.emit.traced:
            for index, part in parts:
                body.put(
                    f"x.took(({self.emit.path(first.target)}, value, {self.emit.spot('s', index, part.position)}, 1, {one.entry.number}, {component(index, part.position)}))"
                )
        body.close(2)

    def _slots(self, body: Body, one: BoundSegment) -> None:
        """`[…]`: any further element may hold any of them."""
        start = len(one.elements)
        body.open("for i in (n - 1,):" if one.entry.each is not None else f"for i in range({start}, n):")
        if one.entry.each is None:
            body.put("if i in used: continue")
        body.put("c = e[i]")
        body.put("m = len(c)")
        word = "if"
        for slot in one.slots:
            fixed = [part for part in slot if isinstance(part, BoundConstant) and not part.passive]
            holes = [part for part in slot if isinstance(part, BoundField) and not part.passive]
            conditions = [constants(part.alternatives, f"({inner('c', 'm', part.position)})") for part in fixed]
            conditions += [f"{part.target.get()} is None" for part in holes if not part.repeated]
            body.open(f"{word} {' and '.join(conditions) or 'True'}:")
            word = "elif"
            if one.entry.each is None:
                body.put("used.add(i)")
            if self.emit.traced:
                for known in fixed:
                    body.put(f"x.cover((s, i, {known.position}))")
                for part in slot:
                    if isinstance(part, BoundAnything):
                        body.put(f"x.cover((s, i, {part.position}))")
                    if isinstance(part, BoundConstant) and part.passive:
                        body.put(f"if ({inner('c', 'm', part.position)}) in {part.alternatives!r}: x.cover((s, i, {part.position}))")
            for hole in holes:
                body.put(f"v = {inner('c', 'm', hole.position)}")
                body.open("if v:")
                self.emit.take_value(body, hole, "v", self.emit.spot("s", "i", hole.position), one.entry)
                body.close()
            body.close()
        body.close()


def joint_fields(one: BoundSegment) -> dict[str, list[tuple[int, BoundField]]]:
    """Fields of the segment that share a path and are columns of one table, by path."""
    columns = [(index, part) for index, part in one.parts() if isinstance(part, BoundField) and part.conversion.column]
    columns.sort(key=lambda pair: pair[1].target.canonical)
    grouped = {path: list(pairs) for path, pairs in groupby(columns, key=lambda pair: pair[1].target.canonical)}
    return {path: pairs for path, pairs in grouped.items() if len(pairs) > 1}


def component(index: int, position: int) -> str:
    """A Python expression for a component; element index and component position from 0."""
    if position == 0:
        return f"e[{index}][0] if n > {index} else ''"
    return f"e[{index}][{position}] if n > {index} and len(e[{index}]) > {position} else ''"


def inner(components: str, count: str, position: int) -> str:
    """A Python expression for a component of an element at hand."""
    return f"{components}[{position}] if {count} > {position} else ''"
