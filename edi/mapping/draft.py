"""A first draft of a mapping: patterns from a sample message, fields from a mapping that already reads such messages, or from a matching document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from edi.documents import resolve as resolve_field
from edi.formats.edifact.directory import CompositeType, Directory, GroupUse
from edi.formats.edifact.directory import load as load_directory
from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment
from edi.mapping.canonical import leaves, unindexed
from edi.mapping.codecs.base import Value
from edi.mapping.problems import MappingProblems
from edi.mapping.result import Document, Trace
from edi.mapping.spoke import load
from edi.mapping.spoke_edifact import SERVICE_TAGS

Places = Mapping[tuple[int, int, int], str]
"""Segment number, element and component from 1 -> canonical path with indexes."""

ROUNDS_MAX: Final = 10
"""So often a draft is tried and what cannot be is taken out; each time all of it is told."""
QUALIFIED = re.compile(r"[A-Z0-9]{1,3}")


def places_of(traces: Iterable[Trace]) -> dict[tuple[int, int, int], str]:
    """What a mapping that reads the sample says about each component."""
    found = {}
    for trace in traces:
        where = trace.where
        if where.segment and where.element and where.component:
            found[where.segment, where.element, where.component] = trace.path
    return found


def matched(root: Group, document: Document, kind: str, *, known: Places = MappingProxyType({})) -> dict[tuple[int, int, int], str]:
    """Components whose value stands in a document that means the same, dates and numbers compared as such.

    `known`: what a mapping that reads such messages says; it holds where the document has the value there, or has no such field at all.
    """
    said = dict(leaves(document))
    fields_said = {unindexed(path) for path in said}
    sure = {key: path for key, path in known.items() if unindexed(path) not in fields_said or _agree(said.get(path), _value(root, key))}
    found = _by_value(root, {path: value for path, value in said.items() if path not in sure.values()}, kind, sure)
    return {**found, **sure}


def _value(root: Group, key: tuple[int, int, int]) -> str:
    segment = next((one for one in root.segments() if one.number == key[0]), None)
    return segment.get(key[1], key[2]) if segment is not None else ""


def _agree(one: Value | None, other: str) -> bool:
    return one is not None and not set(forms(one)).isdisjoint(forms(other))


def _by_value(root: Group, said: Mapping[str, Value], kind: str, sure: Places) -> dict[tuple[int, int, int], str]:
    directory = load_directory(root.spec.release) if not isinstance(root.spec, GroupUse) else None
    by_form: dict[str, list[str]] = defaultdict(list)
    for path, value in said.items():
        for form in forms(value):
            by_form[form].append(path)
    found: dict[tuple[int, int, int], str] = {}
    used: set[str] = set()
    line = -1
    for segment in root.segments():
        line += segment.tag == "LIN"
        for element, components in enumerate(segment.elements, 1):
            for component, value in enumerate(components, 1):
                if (len(value) < 2 and segment.tag not in ("LIN", "QTY", "CPS")) or (segment.number, element, component) in sure:
                    continue
                candidates = [path for form in forms(value) for path in by_form.get(form, ()) if path not in used]
                if directory is not None and _is_coded(directory, segment, element, component, value):
                    candidates = [path for path in candidates if _is_code(kind, path)]
                here = (
                    [path for path in candidates if f"lines[{line}]" in path]
                    if line >= 0
                    else [path for path in candidates if "lines[" not in path]
                )
                if here:
                    found[segment.number, element, component] = here[0]
                    used.add(here[0])
    return found


def _is_coded(directory: Directory, segment: Segment, element: int, component: int, value: str) -> bool:
    """True for a qualifier or another code: what looks like it in the document is chance, unless that is a code too."""
    spec = directory.segment(segment.tag)
    kind = spec.elements[element - 1].type if spec is not None and element <= len(spec.elements) else None
    if isinstance(kind, CompositeType):
        kind = kind.components[component - 1].type if component <= len(kind.components) else None
    return kind is not None and value in (directory.codes(kind.id) or ())


def _is_code(kind: str, path: str) -> bool:
    field = resolve_field(kind, unindexed(path))
    return field is not None and field.type == "code"


def forms(value: Value) -> Iterator[str]:
    """How a value may be written: as it is, as a number, as a date."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    yield text
    with suppress(InvalidOperation):
        yield f"number {Decimal(text.replace(',', '.')).normalize():f}"
    date = re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)(?:T?(\d\d):?(\d\d).*)?", text)
    if date:
        yield "date " + "".join(part for part in date.groups() if part)


def draft(root: Group, places: Places, *, name: str, kind: str) -> str:
    """The text of a mapping file that reads the sample; what no field is known for stands as a comment."""
    message = root.spec.type if not isinstance(root.spec, GroupUse) else root.spec.name
    release = root.spec.release if not isinstance(root.spec, GroupUse) else ""
    lines = [
        f"mapping: {name}",
        f"kind: {kind}",
        f"syntax: {{edifact: {message}, versions: [{release}]}}",
    ]
    sections: dict[str, list[str]] = {"header": [], "detail": [], "summary": []}
    section, seen = "header", set[str]()
    for item in root.items:
        tag = item.tag if isinstance(item, Segment) else item.trigger.tag
        if tag in ("LIN", "CPS", "DOC") and isinstance(item, Group):
            section = "detail"
        elif section == "detail" and isinstance(item, Segment):
            section = "summary"
        if tag in SERVICE_TAGS:
            continue
        text = _item(item, places, "  ", "lines" if section == "detail" else "")
        sections[section] += _new(text, seen)
    for title, body in sections.items():
        if any("{" in line for line in body):
            lines += ["", f"{title}:", *body]
        elif body:
            lines += ["", *body]
    return _loadable("\n".join(lines) + "\n", name)


def _loadable(text: str, name: str) -> str:
    """The draft with every entry that cannot be as a comment, and why: a draft can be tried as it is."""
    for _ in range(ROUNDS_MAX):
        try:
            load(name, lambda wanted: (f"{name}.map.yaml", text) if wanted == name else None)  # noqa: B023 -- called at once
        except MappingProblems as error:
            text = _without(text, {problem.line: problem.text for problem in reversed(error.problems) if problem.line})
        else:
            break
    return text


def _without(text: str, wrong: Mapping[int, str]) -> str:
    """Entries in these lines, with all that is nested in them, as comments."""
    lines = text.splitlines()
    made: list[str] = []
    depth: int | None = None
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        if depth is not None and indent <= depth:
            depth = None
        reason = wrong.get(number) or (wrong.get(number + 1) if number < len(lines) and _is_pattern_of(lines[number], line) else None)
        if depth is None and reason and line.lstrip().startswith("- "):
            depth = indent
            made.append(f"{line[:indent]}# {re.sub(r'^line [0-9]+', 'a line above', reason)}")
        made.append(line if depth is None or line.lstrip().startswith("#") else f"{line[:indent]}# {line[indent:]}")
    return "\n".join(made) + "\n"


def _is_pattern_of(line: str, options: str) -> bool:
    """True if a line is the pattern of the entry whose options stand above it."""
    begins = len(options) - len(options.lstrip())
    return len(line) - len(line.lstrip()) == begins + 2 and not line.lstrip().startswith(("- ", "#"))


def _new(text: list[str], seen: set[str]) -> list[str]:
    """The entry, unless one that begins alike is there already."""
    head = text[-1] if len(text) == 1 else "\n".join(text[:2])
    if head in seen:
        return []
    seen.add(head)
    return text


def _item(item: Segment | Group, places: Places, indent: str, owner: str) -> list[str]:
    if isinstance(item, Segment):
        own, option = _list_of([places[key] for key in _keys(item) if key in places], owner)
        pattern, note = _pattern(item, places, own)
        if "{" not in pattern:
            return [f"{indent}# {pattern}{note}"]
        return [f"{indent}- {option}", f"{indent}  {_quoted(pattern)}:{note}"] if option else [f"{indent}- {_quoted(pattern)}{note}"]
    trigger = item.trigger
    own, option = _owner_of(item, places, owner)
    pattern, note = _pattern(trigger, places, own)
    inner: list[str] = []
    seen: set[str] = set()
    for child in item.items[1:]:
        inner += _new(_item(child, places, indent + "    ", own), seen)
    head = [f"{indent}- {option}", f"{indent}  {_quoted(pattern)}"] if option else [f"{indent}- {_quoted(pattern)}"]
    if "{" not in pattern and not any("{" in line for line in inner):
        return [f"{indent}# {pattern}{note}", *(line.replace("# ", "#   ", 1) for line in inner)]
    if not inner:
        return [*head[:-1], head[-1] + (":" if option else "") + note]
    return [*head[:-1], head[-1] + ":" + note, *inner]


def _owner_of(group: Group, places: Places, owner: str) -> tuple[str, str]:
    """The object a group stands for, and the option that says so."""
    paths = [places[key] for segment in group.segments() for key in _keys(segment) if key in places]
    tag = group.trigger.tag
    if tag == "LIN":
        return "lines", "each: lines"
    if tag == "CPS":
        return "handling_units", "each: handling_units"
    own, option = _list_of([places[key] for key in _keys(group.trigger) if key in places] or paths, owner)
    if option or tag != "NAD":
        return own, option
    firsts = {_relative(path, owner).partition(".")[0] for path in paths}
    return (f"{owner}.{first}".strip("."), f"at: {first}") if len(firsts) == 1 and (first := firsts.pop()) else (owner, "")


def _list_of(paths: Sequence[str], owner: str) -> tuple[str, str]:
    """The list whose item these values are of, and the option that says so; the owner as it was if there is none."""
    relative = [_relative(path, owner) for path in paths]
    lists = {path.partition("[")[0] for path in relative if "[" in path}
    if len(lists) != 1 or not all("[" in path for path in relative):
        return owner, ""
    (name,) = lists
    return f"{owner}.{name}".strip("."), f"each: {name}"


def _keys(segment: Segment) -> Iterator[tuple[int, int, int]]:
    for element, components in enumerate(segment.elements, 1):
        for component in range(1, len(components) + 1):
            yield segment.number, element, component


def _relative(path: str, owner: str) -> str:
    """The path seen from an object, without the indexes of the lists around it; from the document (`/`) if it lies elsewhere."""
    rest = path
    for name in owner.split(".") if owner else ():
        found = re.match(rf"{re.escape(name)}(?:\[\d+\])?(?:\.|$)", rest)
        if not found:
            return f"/{path}"
        rest = rest[found.end() :]
    return rest


def _field(path: str, owner: str) -> str:
    """As a mapping writes it: `contact.name` is the name of the first of the contacts."""
    return re.sub(r"s\[0\]", "", re.sub(r"\[\d+\]$", "", _relative(path, owner)))


def _pattern(segment: Segment, places: Places, owner: str) -> tuple[str, str]:
    """The segment with fields for the values that are known; a comment names values that are not."""
    elements, unknown = [], []
    for element, components in enumerate(segment.elements, 1):
        parts = []
        for component, value in enumerate(components, 1):
            path = places.get((segment.number, element, component))
            if path is not None:
                parts.append("{" + _field(path, owner) + "}")
            elif value and not _is_format_of_moment(segment, element, component, places):
                if not QUALIFIED.fullmatch(value):
                    unknown.append(value)
                    parts.append("*")
                else:
                    parts.append(re.sub(r"([?+:'|{}\[\]~*])", r"?\1", value))
            else:
                parts.append("")
        elements.append(":".join(parts).rstrip(":"))
    text = "+".join([segment.tag, *elements]).rstrip("+")
    return text, f"   # not known: {', '.join(unknown)}" if unknown else ""


def _is_format_of_moment(segment: Segment, element: int, component: int, places: Places) -> bool:
    """2379 goes along with the moment before it."""
    return segment.tag == "DTM" and component == 3 and (segment.number, element, 2) in places


def _quoted(pattern: str) -> str:
    return f"'{pattern}'" if ": " in pattern or " #" in pattern or pattern.endswith(":") else pattern
