"""What the generators of all syntaxes share: how a value gets into the document and out of it, plain or traced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from edi.mapping.bound import BoundCalculation, BoundField
from edi.mapping.nodes import Entry
from edi.mapping.paths import Target
from edi.mapping.python_text import Body, PythonText


@dataclass(slots=True)
class Emission:
    """One generated program; `traced` code knows paths and says what it does, plain code only notes that something was odd."""

    text: PythonText = field(default_factory=PythonText)
    traced: bool = False

    @property
    def extra(self) -> str:
        """The further argument of traced functions: the path of `o`, empty or with a dot behind."""
        return ", p" if self.traced else ""

    def path(self, target: Target) -> str:
        """A Python expression for a target's path with indexes."""
        return repr(target.dotted) if target.absolute else f"p + {target.dotted!r}"

    def spot(self, where: str, element: int | str, component: int | str) -> str:
        """Arguments that name a place on the wire."""
        return f"{where}, {element}, {component}"

    def take_value(self, body: Body, part: BoundField, wire: str, spot: str, entry: Entry, *, joiner: str | None = None) -> None:
        """Put a wire value, which is there, into the document."""
        conversion = part.conversion
        if conversion.identity:
            self._store(body, part, (wire, wire), spot, entry, joiner)
            return
        body.open("try:")
        method = "read_list" if conversion.joined is not None else "read"
        name = self.text.conversion(conversion)
        direct = method == "read" and conversion.direct is not None
        body.put(f"value = r{name[1:]}({wire})" if direct else f"value = {name}.{method}({wire}, x)")
        body.close()
        body.open("except ValueError as refusal:")
        if self.traced:
            body.put(f"x.refused({self.path(part.target)}, {wire}, refusal, {spot}, {entry.number})")
        else:
            body.put("x.trouble = True")
        body.close()
        body.open("else:")
        body.open("if value:" if conversion.joined is not None else "if value is not None:")
        self._store(body, part, ("value", wire), spot, entry, joiner)
        body.close(2)

    def _store(self, body: Body, part: BoundField, named: tuple[str, str], spot: str, entry: Entry, joiner: str | None) -> None:
        """`named`: the expressions of the value and of the wire text it came from."""
        value, wire = named
        target = part.target
        if part.conversion.joined is not None:
            self._store_list(body, target, value)
        elif part.repeated:
            body.put(f"{target.parent()}.setdefault({target.steps[-1].name!r}, []).append({value})")
        elif part.conversion.part:
            body.put(target.put(f"merged_moment({target.get()}, {value})"))
        elif joiner is not None:
            body.put(f"before = {target.get()}")
            body.put(target.put(f"{value} if before is None else before + {joiner!r} + {value}"))
        else:
            body.put(target.put(value))
        if self.traced:
            path = self.path(target)
            if part.repeated:
                path = f"{path} + '[' + str(len({target.get()}) - 1) + ']'"
            body.put(f"x.took(({path}, {value}, {spot}, {part.conversion.span}, {entry.number}, {wire}))")

    def _store_list(self, body: Body, target: Target, value: str) -> None:
        """`{notes.text|joined(…)}`: the texts become items; `{marks|joined(…)}`: they are the list."""
        index = next((index for index, step in enumerate(target.steps) if step.through), None)
        if index is None:
            body.put(target.put(value))
            return
        head = Target(steps=target.steps[: index + 1], absolute=target.absolute, field=target.field)
        names = [step.name for step in target.steps[index + 1 :]]
        inner = "one"
        for name in reversed(names):
            inner = f"{{{name!r}: {inner}}}"
        body.put(f"{head.parent()}[{head.steps[-1].name!r}] = [{inner} for one in {value}]")

    def finish(self, body: Body, parts: Iterable[BoundField], entry: Entry, where: str = "None") -> None:
        """At the end of an object's reading: give absence its meaning, and say what is required and absent. Not for passive fields."""
        active = [part for part in parts if not part.passive]
        self._take_defaults(body, active)
        self._require(body, active, entry, where)

    def _take_defaults(self, body: Body, parts: list[BoundField]) -> None:
        for part in parts:
            default = part.conversion.default
            if default is None:
                continue
            # Only where the object it belongs to exists.
            parent = Target(steps=part.target.steps[:-1], absolute=part.target.absolute, field=part.target.field)
            exists = f"{parent.get()} is not None and " if parent.steps else ""
            body.open(f"if {exists}{part.target.get()} is None:")
            body.put(part.target.put(f"{self.text.conversion(part.conversion)}.default.read_absent()"))
            body.close()

    def _require(self, body: Body, parts: list[BoundField], entry: Entry, where: str) -> None:
        for part in parts:
            if part.required and entry.direction != "write":
                body.open(f"if {part.target.get()} is None:")
                body.put(f"x.missing({self.path(part.target)}, {entry.number}, {where})" if self.traced else "x.trouble = True")
                body.close()

    def compare_later(self, body: Body, part: BoundField | BoundCalculation, wire: str, spot: str, entry: Entry) -> None:
        """A passive field or a calculation: compared when the document is whole; a passive field that nothing else filled is taken then."""
        if isinstance(part, BoundCalculation):
            if not part.expression.from_context:
                body.put(f"x.later.append((lambda o=o: {part.expression.python}, {wire}, {spot}, {entry.number}, None, ''))")
        else:
            conversion = self.text.conversion(part.conversion)
            plain = part.conversion.identity
            value = part.target.get()
            expression = value if plain else f"(None if {value} is None else {conversion}.write({value}, x))"
            found = "v" if plain else f"{conversion}.read(v, x)"
            take = f"lambda o=o, v={wire}: {part.target.putting(found)}"
            path = self.path(part.target) if self.traced else "''"
            body.open(f"if {wire} != {value}:" if plain else "if True:")
            body.put(f"x.later.append((lambda o=o: {expression}, {wire}, {spot}, {entry.number}, {take}, {path}))")
            body.close()
        if self.traced:
            where, element, component = spot.split(", ")
            body.put(f"x.cover(({where}, {element}, {component}))")

    def written(self, body: Body, name: str, part: BoundField, entry: Entry, method: str = "write") -> None:
        """`name` becomes the wire text (or components) of a field, None where nothing is to be written."""
        conversion, target = part.conversion, part.target
        if conversion.joined is not None:
            self._written_list(body, name, part, entry)
            return
        body.put(f"{name} = {target.get()}")
        if part.required and entry.direction != "read":
            body.open(f"if {name} is None:")
            body.put(f"x.missing({self.path(target)}, {entry.number})" if self.traced else "x.trouble = True")
            body.close()
        if not conversion.identity:
            body.open(f"if {name} is not None:")
            self.convert(body, name, name, part, entry, method)
            body.close()
        if part.width and target.field.type in ("text", "code"):
            body.open(f"if {name} is not None and len({name}) > {part.width}:")
            body.put(f"x.too_long({self.path(target)}, {name}, {part.width}, {entry.number})" if self.traced else "x.trouble = True")
            body.close()

    def convert(self, body: Body, name: str, value: str, part: BoundField, entry: Entry, method: str = "write") -> None:
        """`name` becomes the wire form of a value that is there."""
        body.open("try:")
        known = self.text.conversion(part.conversion)
        direct = method == "write" and part.conversion.direct is not None
        body.put(f"{name} = w{known[1:]}({value})" if direct else f"{name} = {known}.{method}({value}, x)")
        body.close()
        body.open("except ValueError as refusal:")
        if self.traced:
            body.put(f"x.unwritten({self.path(part.target)}, {value}, refusal, {entry.number})")
        else:
            body.put("x.trouble = True")
        body.put(f"{name} = None")
        body.close()

    def _written_list(self, body: Body, name: str, part: BoundField, entry: Entry) -> None:
        target = part.target
        index = next((index for index, step in enumerate(target.steps) if step.through), None)
        if index is None:
            body.put(f"values = {target.get()} or ()")
        else:
            head = Target(steps=target.steps[: index + 1], absolute=target.absolute, field=target.field)
            rest = Target(steps=target.steps[index + 1 :], absolute=False, field=target.field)
            body.put(f"values = [{rest.get('one')} for one in {head.get()} or () if {rest.get('one')} is not None]")
        self.convert(body, name, "values", part, entry, "write_list")

    def calculated(self, body: Body, name: str, part: BoundCalculation, entry: Entry) -> None:
        """`name` becomes the text of a calculation."""
        body.open("try:")
        body.put(f"{name} = as_text({part.expression.python})")
        body.close()
        body.open("except ValueError as refusal:")
        body.put(f"x.unwritten({'=' + part.expression.text!r}, None, refusal, {entry.number})" if self.traced else "x.trouble = True")
        body.put(f"{name} = None")
        body.close()

    def item_path(self, entry: Entry, index: str) -> str:
        """A Python expression for the path of an entry's own object, with a dot behind."""
        pieces = [] if _is_absolute(entry) else ["p"]
        for target, numbered in ((entry.each, True), (entry.at, False)):
            if target is not None:
                pieces.append(f"{target.dotted + '['!r} + str({index}) + '].'" if numbered else repr(target.dotted + "."))
        return " + ".join(pieces) or "''"


def _is_absolute(entry: Entry) -> bool:
    outermost = entry.each or entry.at
    return outermost is not None and outermost.absolute
