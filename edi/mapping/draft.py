"""A first draft of a mapping: patterns from a sample message, fields from a mapping that already reads such messages, or from a matching document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation

from edi.formats.edifact.directory import GroupUse
from edi.formats.edifact.structure import Group
from edi.formats.edifact.syntax import Segment
from edi.mapping.canonical import leaves
from edi.mapping.codecs.base import Value
from edi.mapping.result import Document, Trace
from edi.mapping.spoke_edifact import SERVICE_TAGS

Places = Mapping[tuple[int, int, int], str]
"""Segment number, element and component from 1 -> canonical path with indexes."""

QUALIFIED = re.compile(r"[A-Z0-9]{1,3}")


def places_of(traces: Iterable[Trace]) -> dict[tuple[int, int, int], str]:
    """What a mapping that reads the sample says about each component."""
    found = {}
    for trace in traces:
        where = trace.where
        if where.segment and where.element and where.component:
            found[where.segment, where.element, where.component] = trace.path
    return found


def matched(root: Group, document: Document) -> dict[tuple[int, int, int], str]:
    """Components whose value stands in a document that means the same, dates and numbers compared as such."""
    by_form: dict[str, list[str]] = defaultdict(list)
    for path, value in leaves(document):
        for form in forms(value):
            by_form[form].append(path)
    found: dict[tuple[int, int, int], str] = {}
    used: set[str] = set()
    line = -1
    for segment in root.segments():
        line += segment.tag == "LIN"
        for element, components in enumerate(segment.elements, 1):
            for component, value in enumerate(components, 1):
                if len(value) < 2 and segment.tag not in ("LIN", "QTY", "CPS"):
                    continue
                candidates = [path for form in forms(value) for path in by_form.get(form, ()) if path not in used]
                here = (
                    [path for path in candidates if f"lines[{line}]" in path]
                    if line >= 0
                    else [path for path in candidates if "lines[" not in path]
                )
                if here or candidates:
                    found[segment.number, element, component] = (here or candidates)[0]
                    used.add((here or candidates)[0])
    return found


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
    return "\n".join(lines) + "\n"


def _new(text: list[str], seen: set[str]) -> list[str]:
    """The entry, unless one that begins alike is there already."""
    head = text[-1] if len(text) == 1 else "\n".join(text[:2])
    if head in seen:
        return []
    seen.add(head)
    return text


def _item(item: Segment | Group, places: Places, indent: str, owner: str) -> list[str]:
    if isinstance(item, Segment):
        pattern, note = _pattern(item, places, owner)
        return [f"{indent}- {_quoted(pattern)}{note}"] if "{" in pattern else [f"{indent}# {pattern}{note}"]
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
    relative = [path for path in (_relative(path, owner) for path in paths) if path]
    firsts = {re.split(r"[.\[]", path)[0] for path in relative}
    if len(firsts) == 1 and relative:
        first = firsts.pop()
        listed = all(path.startswith(first + "[") for path in relative)
        if listed:
            return f"{owner}.{first}".strip("."), f"each: {first}"
        if all("." in path for path in relative) and tag == "NAD":
            return f"{owner}.{first}".strip("."), f"at: {first}"
    return owner, ""


def _keys(segment: Segment) -> Iterator[tuple[int, int, int]]:
    for element, components in enumerate(segment.elements, 1):
        for component in range(1, len(components) + 1):
            yield segment.number, element, component


def _relative(path: str, owner: str) -> str:
    """The path seen from an object, without the indexes of the lists around it."""
    for name in owner.split(".") if owner else ():
        found = re.match(rf"{re.escape(name)}(\[\d+\])?\.?", path)
        if not found:
            return path
        path = path[found.end() :]
    return path


def _pattern(segment: Segment, places: Places, owner: str) -> tuple[str, str]:
    """The segment with fields for the values that are known; a comment names values that are not."""
    elements, unknown = [], []
    for element, components in enumerate(segment.elements, 1):
        parts = []
        for component, value in enumerate(components, 1):
            path = places.get((segment.number, element, component))
            if path is not None:
                parts.append("{" + re.sub(r"\[\d+\]", "", _relative(path, owner)) + "}")
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
