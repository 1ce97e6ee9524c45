"""Documents drawn from a mapping: every leaf has a different value, so that no field can hide another; optional parts are left out by turns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from edi.documents.fields import Field
from edi.mapping.bindings import EdifactBinding
from edi.mapping.bound import BoundField, walk_bound
from edi.mapping.codecs.base import Value
from edi.mapping.codecs.types import TYPES
from edi.mapping.nodes import Entry
from edi.mapping.paths import PathStep, Target
from edi.mapping.result import Document
from edi.mapping.runtime import runnable
from edi.mapping.spoke import Spoke
from edi.mapping.spoke_edifact import EdifactSide

LIST_MAX = 3
DEPTH_MAX = 7
"""How deep a block that contains itself is drawn."""
TEXTS = ("", " ü", "+:'?", " a b", " & <c>", '"')
"""What stands behind drawn texts: separators of all syntaxes, blanks, a letter beyond ASCII."""


class Dice:
    """A small generator of numbers that gives the same for the same seed everywhere."""

    def __init__(self, seed: int) -> None:
        self.state = (seed * 2_654_435_761 + 12_345) % 2**32

    def up_to(self, count: int) -> int:
        """A number from 0 to count - 1."""
        self.state = (self.state * 1_664_525 + 1_013_904_223) % 2**32
        return (self.state >> 8) % count

    def chance(self, percent: int) -> bool:
        return self.up_to(100) < percent


def draw(spoke: Spoke, seed: int, release: str | None = None) -> Document:
    """A canonical document that this spoke can carry in a release (without it the first); another one for another seed."""
    if spoke.document_itself:
        return draw_model(spoke.definition.root, seed)
    drawer = _Drawer(spoke, seed, spoke.side.release_for(release) if isinstance(spoke.side, EdifactSide) else "")
    document: Document = {}
    for entries in spoke.definition.sections.values():
        drawer.entries(entries, document, document, 0)
    cleaned = without_empty(document) or {}
    assert isinstance(cleaned, dict)
    cleaned["kind"] = spoke.kind
    return cleaned


def draw_model(root: Field, seed: int) -> Document:
    """A document with the fields of a kind's model, for a spoke that is the document itself."""
    dice, numbers = Dice(seed), iter(range(1, 1_000_000))
    cleaned = without_empty(_object_of(root, dice, numbers)) or {}
    assert isinstance(cleaned, dict)
    cleaned["kind"] = root.name
    return cleaned


def _object_of(field: Field, dice: Dice, numbers: Iterator[int]) -> Document:
    made: Document = {}
    for name, child in field.children.items():
        if child.engine or not (child.required or dice.chance(60)):
            continue
        if child.is_list:
            made[name] = [_value_of(child, dice, numbers) for _ in range(1 + dice.up_to(2))]
        else:
            made[name] = _value_of(child, dice, numbers)
    return made


def _value_of(field: Field, dice: Dice, numbers: Iterator[int]) -> Value:
    if field.type is None:
        return _object_of(field, dice, numbers)
    number = next(numbers)
    if field.values:
        return field.values[number % len(field.values)]
    made = TYPES[field.type.value].image(number)
    return f"v{number}{TEXTS[dice.up_to(len(TEXTS))]}" if made is None else made


class _Drawer:
    def __init__(self, spoke: Spoke, seed: int, release: str) -> None:
        self.dice = Dice(seed)
        self.release = release
        self.number = 0
        self.parts: dict[int, list[BoundField]] = {}
        for part, entry in spoke.binding.fields():
            self.parts.setdefault(entry.number, []).append(part)
        self.widths = _widths(spoke)
        if not isinstance(spoke.side, EdifactSide):
            for parts in self.parts.values():
                parts.reverse()  # an element's text before its attributes: they are only written with it

    def entries(self, entries: list[Entry], here: Document, root: Document, depth: int) -> None:
        """Draw what these entries carry of an object."""
        for entry in entries:
            if entry.direction == "both" and depth <= DEPTH_MAX and (not entry.only or self.release in entry.only):
                self.entry(entry, here, root, depth)

    def entry(self, entry: Entry, here: Document, root: Document, depth: int) -> None:
        if entry.reference is not None:
            self.reference(entry, here, root, depth)
        elif entry.each is not None:
            self.items(entry, here, root, depth)
        elif entry.at is not None:
            self.at(entry, here, root, depth)
        elif self.allowed(entry, here, root):
            self.content(entry, here, root, depth)

    def at(self, entry: Entry, here: Document, root: Document, depth: int) -> None:
        assert entry.at is not None
        if not self.dice.chance(80):
            return
        made = self.object_at(entry.at, here, root)
        if self.allowed(entry, made, root):
            self.content(entry, made, root, depth)

    def items(self, entry: Entry, here: Document, root: Document, depth: int) -> None:
        assert entry.each is not None
        if any(join.parent is not None and get(join.parent, here, root) is None for join in entry.joins):
            return
        owner = self.owner(entry.each, here, root)
        before = owner.get(entry.each.steps[-1].name)
        if entry.start > 1 and not (isinstance(before, list) and len(before) == entry.start - 1):
            return
        for _ in range(min(self.dice.up_to(LIST_MAX + 1), entry.maximum or LIST_MAX)):
            item: Document = {}
            for join in entry.joins:
                if join.parent is not None:
                    item[join.child.steps[-1].name] = get(join.parent, here, root) or ""
            keys = dict(item)
            inner = self.object_at(entry.at, item, root) if entry.at is not None else item
            if not self.allowed(entry, inner, root):
                continue
            listed = owner.setdefault(entry.each.steps[-1].name, [])
            assert isinstance(listed, list)
            listed.append(item)
            self.content(entry, inner, root, depth)
            if "parent" in item and "parent" not in keys and len(listed) > 1:
                item["parent"] = self.one_of(listed[:-1], "id", item["parent"])
            if without_empty(item) in (None, {}) or item == keys or not self.holds(entry, inner, root):
                listed.remove(item)

    def one_of(self, items: list[Value], name: str, otherwise: Value) -> Value:
        """What one of the items is called."""
        names = [one[name] for one in items if isinstance(one, dict) and name in one]
        return names[self.dice.up_to(len(names))] if names else otherwise

    def reference(self, entry: Entry, here: Document, root: Document, depth: int) -> None:
        reference = entry.reference
        assert reference is not None
        listed = self.owner(reference.into, here, root).setdefault(reference.into.steps[-1].name, [])
        assert isinstance(listed, list)
        if listed and self.dice.chance(40):
            chosen = listed[self.dice.up_to(len(listed))]
            assert isinstance(chosen, dict)
            self.owner(reference.field, here, root)[reference.field.steps[-1].name] = chosen["id"]
            return
        made: Document = {}
        self.content(entry, made, root, depth)
        self.number += 1
        made[reference.by.steps[-1].name] = f"N{self.number}"
        made["id"] = str(len(listed) + 1)
        listed.append(made)
        self.owner(reference.field, here, root)[reference.field.steps[-1].name] = made["id"]

    def allowed(self, entry: Entry, here: Document, root: Document) -> bool:
        """Set what `when` demands, if nothing else stands there."""
        for target, literal in (entry.when.settings or ()) if entry.when is not None else ():
            wanted: Value = eval(literal, {"Decimal": Decimal})  # noqa: S307 -- a literal of our own compiler
            if get(target, here, root) not in (None, wanted):
                return False
            self.owner(target, here, root)[target.steps[-1].name] = wanted
        return entry.owns_object or self.holds(entry, here, root)

    def holds(self, entry: Entry, here: Document, root: Document) -> bool:
        """True if a condition that is not set but tested holds."""
        if entry.when is None or entry.when.settings is not None:
            return True
        return bool(runnable(entry.when.python)(here, root, None))

    def content(self, entry: Entry, here: Document, root: Document, depth: int) -> None:
        """The entry's own fields, then what is nested in it."""
        first = True
        chosen: dict[int, tuple[int, int]] = {}
        for part in self.parts.get(entry.number, ()):
            if part.read_only or (part.choice is not None and part.choice != self.chosen(entry, part.choice[0], chosen)):
                continue
            if part.passive or (not first and not part.required and part.conversion.default is None and self.dice.chance(25)):
                continue
            first = False
            self.put(part, here, root)
        self.entries(entry.children, here, root, depth + 1)

    def chosen(self, entry: Entry, element: int, before: dict[int, tuple[int, int]]) -> tuple[int, int]:
        """Which form an element with alternatives is drawn in: there is room for one."""
        if element not in before:
            forms = sorted(
                {one.choice for one in self.parts[entry.number] if one.choice and one.choice[0] == element and not one.read_only}
            )
            before[element] = forms[self.dice.up_to(len(forms))]
        return before[element]

    def put(self, part: BoundField, here: Document, root: Document) -> None:
        target, conversion = part.target, part.conversion
        if conversion.joined is not None and target.list_steps:
            self.joined(part, here, root)
            return
        owner, name = self.owner(target, here, root), target.steps[-1].name
        if part.repeated or conversion.joined is not None:
            owner.setdefault(name, [self.value(part) for _ in range(1 + self.dice.up_to(LIST_MAX))])
        elif conversion.part == "time":
            if name in owner and self.dice.chance(50):
                owner[name] = self.value(part)
        elif name not in owner:
            owner[name] = self.value(part)

    def joined(self, part: BoundField, here: Document, root: Document) -> None:
        index = next(index for index, step in enumerate(part.target.steps) if step.through)
        head = Target(steps=part.target.steps[: index + 1], absolute=part.target.absolute, field=part.target.field)
        names = [step.name for step in part.target.steps[index + 1 :]]
        items: list[Value] = []
        for _ in range(1 + self.dice.up_to(LIST_MAX)):
            made = self.value(part)
            value: Value = made.strip() if isinstance(made, str) else made
            for inner in reversed(names):
                value = {inner: value}
            items.append(value)
        self.owner(head, here, root).setdefault(head.steps[-1].name, items)

    def value(self, part: BoundField) -> Value:
        """A value for a field, different from every other."""
        self.number += 1
        made = part.conversion.image(self.number)
        if made is not None:
            return made
        field = part.target.field
        if field.values:
            return field.values[self.number % len(field.values)]
        text = f"C{self.number}" if field.type == "code" else f"v{self.number}{TEXTS[self.dice.up_to(len(TEXTS))]}"
        width = self.widths.get(part.target.canonical, 0)
        return text if not width or len(text) <= width else _short(self.number)[-width:]

    def owner(self, target: Target, here: Document, root: Document) -> Document:
        """The object that holds the target's last step."""
        return _walk(target.steps[:-1], root if target.absolute else here)

    def object_at(self, target: Target, here: Document, root: Document) -> Document:
        return _walk(target.steps, root if target.absolute else here)


def _widths(spoke: Spoke) -> dict[str, int]:
    """The fewest characters any declared release allows each field."""
    found: dict[str, int] = {}
    if isinstance(spoke.binding, EdifactBinding):
        for sections in spoke.binding.bound.values():
            for part in (part for bound in sections.values() for one in walk_bound(bound) for part in one.fields()):
                if part.width:
                    found[part.target.canonical] = min(part.width, found.get(part.target.canonical, part.width))
    return found


def _short(number: int) -> str:
    """A number in few characters, small letters: no qualifier of a mapping looks like it."""
    digits = ""
    while number:
        number, digit = divmod(number, 26)
        digits = "abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def _walk(steps: tuple[PathStep, ...], here: Document) -> Document:
    for step in steps:
        if step.select is not None or step.first:
            listed = here.setdefault(step.name, [])
            assert isinstance(listed, list)
            here = _item(listed, step)
        else:
            below = here.setdefault(step.name, {})
            assert isinstance(below, dict)
            here = below
    return here


def _item(listed: list[Value], step: PathStep) -> Document:
    for item in listed:
        assert isinstance(item, dict)
        if step.select is None or item.get(step.select[0]) == step.select[1]:
            return item
    made: Document = {step.select[0]: step.select[1]} if step.select is not None else {}
    listed.append(made)
    return made


def get(target: Target, here: Document, root: Document) -> Value | None:
    """The value at a target; None where it is absent."""
    value: Value | None = root if target.absolute else here
    for step in target.steps:
        value = value.get(step.name) if isinstance(value, dict) else None
        if isinstance(value, list) and (step.first or step.select):
            value = next(
                (one for one in value if isinstance(one, dict) and (step.select is None or one.get(step.select[0]) == step.select[1])), None
            )
    return value


def without_empty(value: Value) -> Value | None:
    """The value without empty objects and lists; None if nothing is left."""
    if isinstance(value, dict):
        return {name: inner for name, one in value.items() if (inner := without_empty(one)) is not None} or None
    if isinstance(value, list):
        return [inner for one in value if (inner := without_empty(one)) is not None] or None
    return value
