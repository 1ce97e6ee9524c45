"""Mappings: documents a second, plain and traced, against what the standard library needs for the same data.

EDIFACT -> document and document -> UBL on an invoice of 20 lines; the peers serialise or copy the same content in the same run.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from lxml import etree

from edi import mapping
from edi.formats.edifact import directory, reader
from edi.formats.edifact.structure import Group, build
from edi.mapping.nodes import EdifactSyntax
from edi.mapping.result import Document

PAIRS = 7
SECONDS = 0.25
"""How long one measurement takes at scale 1."""

LINE = (
    "LIN+{n}++4000862141404:EN'PIA+1+ABC5343:SA+8877:IN'IMD+F++:::Schraubendreher-Satz, isoliert, 6-teilig'QTY+47:10:PCE'MOA+203:191.00'"
    "PRI+AAA:19.10:::1:PCE'RFF+ON:PO-4711:{n}'TAX+7+VAT+++:::19+S'ALC+A+Rabatt'PCD+3:2'MOA+8:3.82'"
)
HEAD = (
    "UNB+UNOC:3+4012345500004:14+4054321000009:14+240315:1030+1'UNH+1+INVOIC:D:96A:UN:EAN008'BGM+380+RE-4711+9'DTM+137:20240315:102'"
    "FTX+ZZZ+++Vielen Dank'RFF+ON:PO-4711'DTM+171:20240301:102'NAD+SU+4012345500004::9++Muster Lieferant GmbH+Industriestr. 5+Köln++50667+DE'"
    "RFF+VA:DE123456788'NAD+BY+4054321000009::9++Acme Handels AG+Marktplatz 1+Bonn++53111+DE'CUX+2:EUR:4'PAT+3'DTM+13:20240414:102'"
)
TAIL = "UNS+S'CNT+2:{n}'MOA+79:3820.00'MOA+124:725.80'MOA+77:4545.80'MOA+9:4545.80'TAX+7+VAT+++:::19+S'MOA+125:3820.00'MOA+124:725.80'UNT+{s}+1'UNZ+1+1'"


def invoice(lines: int) -> bytes:
    """An INVOIC of so many lines."""
    body = HEAD + "".join(LINE.format(n=number) for number in range(1, lines + 1))
    count = (body + TAIL).count("'") - 2
    return (body + TAIL.format(n=lines, s=count)).encode("latin-1")


def run(scale: float) -> list[dict[str, Any]]:
    data = invoice(20)
    tree = tree_of(data)
    read, write = mapping.load("invoic-eancom"), mapping.load("ubl-invoice")
    document = document_of(read, tree)
    output = write.write(document).value
    assert output is not None
    assert isinstance(output.output, bytes)
    element = etree.fromstring(output.output)
    dump = lambda: json.dumps(document, default=str)  # noqa: E731 -- a peer, named
    return [
        _row("T3 EDIFACT tree -> document / json.dumps of it", lambda: read.read(tree), dump, scale, 0.25, 0.4),
        _row("   the same with provenance / json.dumps of it", lambda: read.read(tree, trace=True), dump, scale, 0.08, None),
        _row("   EDIFACT bytes -> document / json.dumps of it", lambda: read.read(tree_of(data)), dump, scale, None, None),
        _row("   traced reading / plain reading", lambda: read.read(tree, trace=True), lambda: read.read(tree), scale, 0.2, 0.4),
        _row(
            "   document -> UBL bytes / lxml copying and writing the same tree",
            lambda: write.write(document),
            lambda: _lxml(element),
            scale,
            1.0,
            2.0,
        ),
        _row(
            "   the same with provenance / plain",
            lambda: write.write(document, trace=True),
            lambda: write.write(document),
            scale,
            None,
            None,
        ),
        _row("   document -> EDIFACT segments / json.dumps of it", lambda: read.write(document), dump, scale, None, None),
        _row(
            "   UBL element -> document / lxml copying the same tree",
            lambda: write.read(element),
            lambda: _copy(element),
            scale,
            None,
            None,
        ),
        _row(
            "   the same with provenance / plain", lambda: write.read(element, trace=True), lambda: write.read(element), scale, None, None
        ),
    ]


def tree_of(data: bytes) -> Group:
    outcome = reader.read(data).value
    assert outcome is not None
    spec = directory.load("D.96A").message("INVOIC")
    assert spec is not None
    tree = build(outcome[0].messages[0], spec).value
    assert tree is not None
    return tree


def document_of(spoke: mapping.Spoke, tree: Group) -> Document:
    assert isinstance(spoke.syntax, EdifactSyntax)
    reading = spoke.read(tree).value
    assert reading is not None
    return reading.document


def _copy(element: etree._Element) -> etree._Element:
    """Every element made anew, as a program does that builds its output as a tree."""
    made = etree.Element(element.tag, dict(element.attrib))
    made.text = element.text
    for child in element:
        made.append(_copy(child))
    return made


def _lxml(element: etree._Element) -> bytes:
    return bytes(etree.tostring(_copy(element), encoding="utf-8", xml_declaration=True))


def _rate(work: Callable[[], object], seconds: float) -> float:
    """Calls a second of processor time, so that other work on the machine counts little."""
    work()
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        work()
        count += 1
    return count / spent


def _row(
    name: str, ours: Callable[[], object], peer: Callable[[], object], scale: float, gate: float | None, stretch: float | None
) -> dict[str, Any]:
    """Documents a second, ours and theirs by turns; the ratio is the median of pairs."""
    seconds = max(0.02, SECONDS * scale / PAIRS * 2)
    pairs = [(_rate(ours, seconds), _rate(peer, seconds)) for _ in range(PAIRS)]
    return {
        "name": name,
        "ours": statistics.median(mine for mine, _ in pairs),
        "peer": statistics.median(theirs for _, theirs in pairs),
        "ratio": statistics.median(mine / theirs for mine, theirs in pairs),
        "gate": gate,
        "stretch": stretch,
        "unit": "documents/s",
    }
