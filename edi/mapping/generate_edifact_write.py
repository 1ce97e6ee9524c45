"""Python that writes a canonical document as segments, in the order of the directory: one function per object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edi.mapping.bound import (
    BoundAlternative,
    BoundAnything,
    BoundCalculation,
    BoundConstant,
    BoundField,
    BoundPart,
    BoundParts,
    BoundSegment,
)
from edi.mapping.emission import Emission
from edi.mapping.generate_objects import items_written, limited_items
from edi.mapping.python_text import Body


class EdifactWriteGenerator:
    """Generates the writer of one mapping for one release."""

    def __init__(self, sections: Mapping[str, Sequence[BoundSegment]], emission: Emission, separators: Mapping[str, str]) -> None:
        self.sections = sections
        self.emit = emission
        self.separators = separators
        """Section -> the section control (UNS) that opens it and that no entry writes."""
        self.names = 0

    def generate(self) -> None:
        """`write(o, root, out, x[, p])`"""
        written = []
        for name in ("header", "detail", "summary"):
            bound = [one for one in self.sections.get(name, ()) if one.entry.direction != "read"]
            if bound:
                body = self.emit.text.function(f"write_{name}(o, root, out, x{self.emit.extra})")
                for one in bound:
                    self._entry(body, one)
                written.append(name)
        body = self.emit.text.function(f"write(o, root, out, x{self.emit.extra})")
        for name in ("header", "detail", "summary"):
            if name in self.separators:
                body.put(f"out.append(segment('UNS', [[{self.separators[name]!r}]]))")
            if name in written:
                body.put(f"write_{name}(o, root, out, x{self.emit.extra})")

    def _entry(self, body: Body, one: BoundSegment) -> None:
        entry, depth = one.entry, body.depth
        body.comment(entry)
        if not entry.owns_object:
            if entry.when is not None:
                body.open(f"if {entry.when.python}:")
            self._segment(body, one)
            body.depth = depth
            return
        self._open_object(body, one)
        body.depth = depth

    def _open_object(self, body: Body, one: BoundSegment) -> None:
        """Loop over the items, or step into the object, and call the function that writes it."""
        entry, emit = one.entry, self.emit
        packed = bool(one.slots) and entry.each is not None
        call = f"put_{entry.number}({{}}, root, {'slots' if packed else 'out'}, x{', {}' if emit.traced else ''})"
        if entry.reference is not None:
            reference = entry.reference
            body.put(f"for inner in x.having({reference.into.get()}, ('id',), ({reference.field.get()},))[:1]:")
            body.depth += 1
            body.put(call.format("inner", emit.path(reference.into) + " + '.'" if emit.traced else ""))
        elif entry.each is not None:
            if packed:
                body.put("slots = []")
            self._loop(body, one)
            target = "inner"
            path = emit.item_path(entry, "number")
            if entry.at is not None:
                body.put(f"inner = {entry.at.get('inner')}")
                body.open("if inner:")
            if entry.when is not None:
                body.open(f"if (lambda o: {entry.when.python})(inner):")
            body.put(call.format(target, path))
            if packed:
                body.depth -= 1 + (entry.at is not None) + (entry.when is not None)
                head = self._head(one)
                body.open(f"for some in packed(slots, {one.slots_max}):")
                body.put(f"out.append(segment({one.tag!r}, [{head}*some]))")
        else:
            assert entry.at is not None
            body.put(f"inner = {entry.at.get()}")
            body.open("if inner:" if entry.when is None else f"if inner and (lambda o: {entry.when.python})(inner):")
            body.put(call.format("inner", emit.item_path(entry, "0")))
        self._function(one, packed=packed)

    def _loop(self, body: Body, one: BoundSegment) -> None:
        entry = one.entry
        assert entry.each is not None
        items = items_written(entry) if entry.more == "repeat" else limited_items(body, self.emit, entry)
        if self.emit.traced and not entry.joins:
            body.open(f"for number, inner in enumerate({items}, {entry.start - 1}):")
        elif self.emit.traced:
            body.open(f"for inner in {items}:")
            body.put(f"number = next(i for i, one in enumerate({entry.each.get()}) if one is inner)")
        else:
            body.open(f"for inner in {items}:")

    def _function(self, one: BoundSegment, *, packed: bool) -> None:
        body = self.emit.text.function(f"put_{one.entry.number}(o, root, {'slots' if packed else 'out'}, x{self.emit.extra})")
        body.comment(one.entry)
        if packed:
            self._collect_slots(body, one)
        else:
            self._segment(body, one)

    def _segment(self, body: Body, one: BoundSegment) -> None:
        """The segment of an entry, and what is nested in its group."""
        entry = one.entry
        names: dict[int, str] = {}
        companions: list[tuple[int, BoundField]] = []
        for index, part in one.parts():
            if (
                isinstance(part, BoundField)
                and not (part.repeated and not part.passive)
                and not part.read_only
                and part not in [p for slot in one.slots for p in slot]
            ):
                names[id(part)] = self._name()
                long = entry.more == "repeat" and part.conversion.wire is not None
                if part.passive:
                    companions.append((index, part))
                else:
                    self.emit.written(body, names[id(part)], part, entry, "write_long" if long else "write")
            elif isinstance(part, BoundCalculation):
                names[id(part)] = self._name()
                self.emit.calculated(body, names[id(part)], part, entry)
        for alternatives in one.choices.values():
            self._one_of(body, one, alternatives, names)
        if one.slots:
            body.put("slots = []")
            self._collect_slots(body, one)
        nested = [child for child in one.children if child.entry.direction != "read"]
        if nested:
            body.put(f"outside_{entry.number}, out = out, []")
            for child in nested:
                self._entry(body, child)
            body.put(f"out, nested_{entry.number} = outside_{entry.number}, out")
        self._condition(body, one, names, companions, nested=bool(nested))

    def _companions(self, body: Body, bound: BoundSegment, names: Mapping[int, str], companions: Sequence[tuple[int, BoundField]]) -> None:
        """Fields that go along (`~`) are looked at only where what they accompany is written."""
        passive = {id(part) for _, part in companions}
        for index, part in companions:
            name = names[id(part)]
            beside = [names[id(one)] for place, one in bound.parts() if place == index and id(one) in names and id(one) not in passive]
            body.put(f"{name} = None")
            depth = body.depth
            if beside:
                body.open(f"if {' or '.join(f'{one} is not None' for one in beside)}:")
            self.emit.written(body, name, part, bound.entry)
            body.depth = depth

    def _condition(
        self, body: Body, one: BoundSegment, names: Mapping[int, str], companions: Sequence[tuple[int, BoundField]], *, nested: bool
    ) -> None:
        drivers = [names[id(part)] for _, part in one.parts() if id(part) in names and not (isinstance(part, BoundField) and part.passive)]
        listed = next((part for part in one.fields() if part.repeated and not part.passive and not one.slots), None)
        if listed is not None:
            body.open(f"if {listed.target.get()}:")
            self._companions(body, one, names, companions)
            self._each_value(body, one, listed, names)
            body.close()
            return
        conditions = (
            [f"{name} is not None" for name in drivers]
            + (["slots"] if one.slots else [])
            + ([f"nested_{one.entry.number}"] if nested else [])
        )
        body.open("if True:" if one.always else f"if {' or '.join(conditions) or 'False'}:")
        self._companions(body, one, names, companions)
        rest = self._repeating(one)
        if rest is not None and id(rest) in names:
            self._over_segments(body, one, rest, names)
        elif one.slots:
            body.open(f"for some in packed(slots, {one.slots_max}) if slots else ([],):")
            body.put(f"out.append(segment({one.tag!r}, [{self._elements(one, names)}*some]))")
            body.close()
        else:
            body.put(f"out.append(segment({one.tag!r}, [{self._elements(one, names).removesuffix(', ')}]))")
        if nested:
            body.put(f"out += nested_{one.entry.number}")
        body.close()

    def _repeating(self, one: BoundSegment) -> BoundField | None:
        """The text that goes on in a further segment where it does not fit (`more: repeat`)."""
        if one.entry.more != "repeat":
            return None
        return next((part for part in one.fields() if part.conversion.wire is not None), None)

    def _over_segments(self, body: Body, one: BoundSegment, rest: BoundField, names: Mapping[int, str]) -> None:
        name = names[id(rest)]
        body.open(f"for {name} in spread({name}, {rest.conversion.span}):")
        body.put(f"out.append(segment({one.tag!r}, [{self._elements(one, names).removesuffix(', ')}]))")
        body.close()

    def _each_value(self, body: Body, one: BoundSegment, listed: BoundField, names: Mapping[int, str]) -> None:
        """A list of plain values: one segment for each."""
        name = self._name()
        body.open(f"for {name} in {listed.target.get()} or ():")
        if not listed.conversion.identity:
            self.emit.convert(body, name, name, listed, one.entry)
        body.open(f"if {name} is not None:")
        elements = self._elements(one, {**names, id(listed): name}).removesuffix(", ")
        body.put(f"out.append(segment({one.tag!r}, [{elements}]))")
        body.close(2)

    def _elements(self, one: BoundSegment, names: Mapping[int, str]) -> str:
        """Python expressions for the elements, each with a comma behind."""
        texts = [
            self._choice(one.choices[index], names) if index in one.choices else self._element(index, element, names)
            for index, element in enumerate(one.elements)
        ]
        return "".join(text + ", " for text in texts)

    def _one_of(self, body: Body, one: BoundSegment, alternatives: Sequence[BoundAlternative], names: Mapping[int, str]) -> None:
        """Note where several alternatives of an element have values: there is room for one."""
        holes = [[part for part in form.holes if id(part) in names] for form in alternatives if not form.read_only]
        if len(holes) < 2:
            return
        counts = [f"({' or '.join(f'{names[id(part)]} is not None' for part in form)})" for form in holes]
        body.open(f"if {' + '.join(counts)} > 1:")
        body.put("x.crowded = True")
        body.close()

    def _choice(self, alternatives: Sequence[BoundAlternative], names: Mapping[int, str]) -> str:
        """A Python expression for the first alternative that has a value."""
        text = "['']"
        for form in reversed(alternatives):
            drivers = [names[id(part)] for part in form.holes if id(part) in names]
            if drivers and not form.read_only:
                has = " or ".join(f"{name} is not None" for name in drivers)
                text = f"({self._parts(form.parts, names)} if {has} else {text})"
        return text

    def _head(self, one: BoundSegment) -> str:
        """The elements before packed slots: constants only."""
        return self._elements(one, {})

    def _element(self, index: int, element: BoundParts, names: Mapping[int, str]) -> str:
        text = self._parts(element, names)
        drivers = [names[id(part)] for part in element if id(part) in names and not (isinstance(part, BoundField) and part.passive)]
        holds_constant = any(isinstance(part, BoundConstant) for part in element)
        if index and drivers and holds_constant:
            return f"{text} if {' or '.join(f'{name} is not None' for name in drivers)} else ['']"
        return text

    def _parts(self, element: BoundParts, names: Mapping[int, str]) -> str:
        """A Python expression for the components of an element."""
        components: list[str] = []
        position = 0
        for part in element:
            if isinstance(part, BoundField) and part.passive and part.read_only:
                continue
            components += ["''"] * (part.position - position)
            components.append(self._component(part, names, last=part is element[-1]))
            position = part.position + (part.conversion.span if isinstance(part, BoundField) else 1)
        return f"[{', '.join(components) or repr('')}]"

    def _component(self, part: BoundPart, names: Mapping[int, str], *, last: bool) -> str:
        match part:
            case BoundConstant():
                return repr(part.written)
            case BoundField() if id(part) in names and part.conversion.span > 1:
                name = names[id(part)]
                return f"*({name} or ())" if last else f"*padded({name}, {part.conversion.span})"
            case BoundField() | BoundCalculation() if id(part) in names:
                return f"{names[id(part)]} or ''"
            case BoundAnything():
                return "''"
            case _:
                return "''"

    def _collect_slots(self, body: Body, one: BoundSegment) -> None:
        """`slots` gets one element for each slot that has a value."""
        for slot in one.slots:
            holes = [part for part in slot if isinstance(part, BoundField) and not part.passive]
            listed = next((part for part in holes if part.repeated), None)
            names: dict[int, str] = {}
            if listed is not None:
                names[id(listed)] = self._name()
                body.open(f"for {names[id(listed)]} in {listed.target.get()} or ():")
                if not listed.conversion.identity:
                    self.emit.convert(body, names[id(listed)], names[id(listed)], listed, one.entry)
            for hole in holes:
                if hole is not listed:
                    names[id(hole)] = self._name()
                    self.emit.written(body, names[id(hole)], hole, one.entry)
            drivers = [names[id(hole)] for hole in holes]
            body.open(f"if {' or '.join(f'{name} is not None' for name in drivers) or 'False'}:")
            for part in slot:
                if isinstance(part, BoundField) and part.passive:
                    names[id(part)] = self._name()
                    self.emit.written(body, names[id(part)], part, one.entry)
            body.put(f"slots.append({self._element(0, slot, names)})")
            body.close(2 if listed is not None else 1)

    def _name(self) -> str:
        self.names += 1
        return f"v{self.names}"
