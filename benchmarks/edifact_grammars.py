"""The tables of a release in the words of other people's readers, so that all of them check the same: bots, StAEDI, node-edifact.

Made from our own directory at the time of the run; nothing of the peers is copied.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from edi.formats.edifact import directory
from edi.formats.edifact.directory import Directory
from edi.formats.edifact.directory_types import CompositeType, ElementType, GroupUse, SegmentType, SegmentUse

MESSAGES = ("INVOIC", "ORDERS", "DESADV")
RELEASE = "D.96A"
ASSOCIATION = "EAN008"
ASSOCIATIONS = ("EAN005", "EAN008")
"""Those that the data name."""

Items = tuple[SegmentUse | GroupUse, ...]


def segment_types(tables: Directory, tags: set[str]) -> Iterator[SegmentType]:
    for tag in sorted(tags):
        found = tables.segment(tag) or directory.service("3").segment(tag)
        assert found is not None, tag
        yield found


def tags_of(items: Items) -> set[str]:
    """Every tag a structure holds."""
    found: set[str] = set()
    for item in items:
        found |= tags_of(item.items) if isinstance(item, GroupUse) else {item.tag}
    return found


# -- bots ---------------------------------------------------------------------------------------------------------------


def write_bots(folder: Path) -> None:
    """Grammars `edifact.py` for the envelope and `ORDERSD96AUNEAN008.py` and its like."""
    tables = directory.load(RELEASE, association=ASSOCIATION)
    envelope = {"UNB", "UNH", "UNT", "UNZ"}
    (folder / "bots_records.py").write_text(_bots_records(tables, envelope.union(*(_tags(tables, each) for each in MESSAGES))))
    type_of = ", ".join(f"{{'BOTSID': 'UNH', 'S009.{each}': None}}" for each in ("0065", "0052", "0054", "0051", "0057"))
    (folder / "edifact.py").write_text(
        "from bots.botsconfig import *\nfrom .bots_records import recorddefs\nsyntax = {'version': '3'}\n"
        "nextmessage = ({'BOTSID': 'UNB'}, {'BOTSID': 'UNH'})\n"
        "structure = [{ID: 'UNB', MIN: 0, MAX: 9999, LEVEL: [\n"
        f"    {{ID: 'UNH', MIN: 0, MAX: 999999, SUBTRANSLATION: [{type_of}]}},\n"
        "    {ID: 'UNZ', MIN: 1, MAX: 1}]}]\n"
    )
    for message in MESSAGES:
        spec = tables.message(message)
        assert spec is not None
        (head, *rest) = spec.items
        assert isinstance(head, SegmentUse)
        body = _bots_items(tuple(rest))
        for association in ASSOCIATIONS:
            (folder / f"{message}{RELEASE.replace('.', '')}UN{association}.py").write_text(
                "from bots.botsconfig import *\nfrom .bots_records import recorddefs\n"
                f"structure = [{{ID: 'UNH', MIN: 1, MAX: 1, LEVEL: [{body}]}}]\n"
            )


def _tags(tables: Directory, message: str) -> set[str]:
    spec = tables.message(message)
    assert spec is not None
    return tags_of(spec.items)


def _bots_items(items: Items) -> str:
    parts = []
    for item in items:
        head = item.items[0] if isinstance(item, GroupUse) else item
        assert isinstance(head, SegmentUse)
        level = f", LEVEL: [{_bots_items(item.items[1:])}]" if isinstance(item, GroupUse) and len(item.items) > 1 else ""
        parts.append(f"{{ID: {head.tag!r}, MIN: {int(item.mandatory)}, MAX: {item.repeats_max}{level}}}")
    return ", ".join(parts)


def _bots_records(tables: Directory, tags: set[str]) -> str:
    records = {segment.tag: _bots_record(segment) for segment in segment_types(tables, tags)}
    return f"recorddefs = {records!r}\n"


def _bots_record(segment: SegmentType) -> list[list[object]]:
    fields: list[list[object]] = [["BOTSID", "M", 3, "AN"]]
    seen: Counter[str] = Counter()
    for use in segment.elements:
        for _ in range(use.repeats_max):
            seen[use.type.id] += 1
            name = use.type.id + (f"#{seen[use.type.id]}" if seen[use.type.id] > 1 else "")
            status = "M" if use.mandatory and seen[use.type.id] == 1 else "C"
            if isinstance(use.type, ElementType):
                fields.append(_bots_field(name, status, use.type))
            else:
                fields.append([name, status, _bots_components(name, use.type)])
    return fields


def _bots_components(name: str, composite: CompositeType) -> list[list[object]]:
    seen: Counter[str] = Counter()
    fields = []
    for each in composite.components:
        seen[each.type.id] += 1
        inner = f"{name}.{each.type.id}" + (f"#{seen[each.type.id]}" if seen[each.type.id] > 1 else "")
        fields.append(_bots_field(inner, "M" if each.mandatory else "C", each.type))
    return fields


def _bots_field(name: str, status: str, element: ElementType) -> list[object]:
    length: object = (element.length_min, element.length_max) if element.length_min > 1 else element.length_max
    return [name, status, length, element.kind.upper()]


# -- StAEDI -------------------------------------------------------------------------------------------------------------


def write_staedi(folder: Path) -> None:
    """One schema a message: `ORDERS.xml`."""
    tables = directory.load(RELEASE, association=ASSOCIATION)
    for message in MESSAGES:
        spec = tables.message(message)
        assert spec is not None
        body = tuple(item for item in spec.items if isinstance(item, GroupUse) or item.tag not in ("UNH", "UNT"))
        segments = list(segment_types(tables, tags_of(body)))
        elements = {one.id: one for segment in segments for one in _elements(segment)}
        composites = {use.type.id: use.type for segment in segments for use in segment.elements if isinstance(use.type, CompositeType)}
        parts = ['<schema xmlns="http://xlate.io/EDISchema/v4"><transaction><sequence>', _staedi_items(body), "</sequence></transaction>"]
        parts += [_staedi_element(one) for one in elements.values()]
        parts += [_staedi_composite(one) for one in composites.values()]
        parts += [_staedi_segment(one) for one in segments]
        (folder / f"{message}.xml").write_text("\n".join([*parts, "</schema>"]))


def _elements(segment: SegmentType) -> Iterator[ElementType]:
    for use in segment.elements:
        if isinstance(use.type, ElementType):
            yield use.type
        else:
            yield from (each.type for each in use.type.components)


def _staedi_items(items: Items) -> str:
    parts = []
    for item in items:
        often = f'minOccurs="{int(item.mandatory)}" maxOccurs="{item.repeats_max}"'
        if isinstance(item, GroupUse):
            head, *rest = item.items
            assert isinstance(head, SegmentUse)
            inner = f'<segment type="{head.tag}" minOccurs="1"/>{_staedi_items(tuple(rest))}'
            parts.append(f"<loop code={quoteattr(item.name)} {often}><sequence>{inner}</sequence></loop>")
        else:
            parts.append(f'<segment type="{item.tag}" {often}/>')
    return "".join(parts)


def _staedi_element(element: ElementType) -> str:
    base = "decimal" if element.kind == "n" else "string"
    return f'<elementType name="E{element.id}" base="{base}" minLength="{max(element.length_min, 1)}" maxLength="{element.length_max}"/>'


def _staedi_composite(composite: CompositeType) -> str:
    inner = "".join(f'<element type="E{each.type.id}" minOccurs="{int(each.mandatory)}"/>' for each in composite.components)
    return f'<compositeType name="{composite.id}"><sequence>{inner}</sequence></compositeType>'


def _staedi_segment(segment: SegmentType) -> str:
    inner = []
    for use in segment.elements:
        for repetition in range(use.repeats_max):
            least = int(use.mandatory and repetition == 0)
            kind, name = ("element", f"E{use.type.id}") if isinstance(use.type, ElementType) else ("composite", use.type.id)
            inner.append(f'<{kind} type="{name}" minOccurs="{least}"/>')
    sequence = f"<sequence>{''.join(inner)}</sequence>" if inner else ""
    return f'<segmentType name="{segment.tag}">{sequence}</segmentType>'


# -- node-edifact ---------------------------------------------------------------------------------------------------------


def write_node(folder: Path) -> None:
    """`definitions.json`: segments and elements for its validator, which knows no structures."""
    tables = directory.load(RELEASE, association=ASSOCIATION)
    tags = {"UNB", "UNH", "UNT", "UNZ"}.union(*(_tags(tables, each) for each in MESSAGES))
    segments: dict[str, object] = {}
    elements: dict[str, object] = {}
    for segment in segment_types(tables, tags):
        uses = [use for use in segment.elements for _ in range(use.repeats_max)]
        segments[segment.tag] = {"requires": _required([use.mandatory for use in uses]), "elements": [use.type.id for use in uses]}
        for use in uses:
            components = use.type.components if isinstance(use.type, CompositeType) else ()
            elements[use.type.id] = {
                "requires": _required([each.mandatory for each in components]) if components else int(use.mandatory),
                "components": [each.type.format for each in components] if components else [use.type.format],  # type: ignore[union-attr]
            }
    (folder / "definitions.json").write_text(json.dumps({"segments": segments, "elements": elements}))


def _required(mandatory: list[bool]) -> int:
    """How many from the first on must be there."""
    return max((index for index, each in enumerate(mandatory, 1) if each), default=0)
