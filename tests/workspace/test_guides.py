"""Partners' guides are read with positions, must fit the standard, and find every deviation."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.findings import Finding
from edi.formats.edifact import directory, reader, structure
from edi.formats.edifact.guide import KINDS as GUIDE_KINDS
from edi.formats.edifact.guide import Guide, validate
from edi.workspace import guides
from edi.workspace.tables import WorkspaceTables
from tests.workspace.build import FILES, problems, write

GUIDE = """\
guide: acme/ORDERS
message: ORDERS:D:96A:UN:EAN008
title: Orders from Acme
notes: [Call us before you change anything.]
segments:
  BGM:
    use: must
    elements:
      1001: ['220', '224']
      1004: {use: must, length: 1..8, note: unique for ever}
      3: '9'
  DTM+137: {use: must, repeats: 1, elements: {2380: {length: 8}, 2379: '102'}}
  DTM+64: must_not
  NAD+BY: {use: must, repeats: 1, elements: {'2.1': {use: must, length: 13}, C080: must_not}}
  NAD+BY/CTA+OC: must
  LIN/QTY+21|12: {use: must}
  LIN/QTY+21: {repeats: 1}
"""

ORDER = """\
UNB+UNOC:3+4054321000009:14+4012345500004:14+261122:0900+1'
UNH+1+ORDERS:D:96A:UN:EAN008'
BGM+220+4711+9'
DTM+137:20261122:102'
NAD+BY+4054321000009::9'
CTA+OC+:Anna'
LIN+1++4000000000006:EN'
QTY+21:5'
UNS+S'
UNT+9+1'
UNZ+1+1'
"""


def guide(folder: Path, text: str = GUIDE) -> Guide:
    place = folder / "schemas" / "edifact" / "guides" / "acme"
    place.mkdir(parents=True, exist_ok=True)
    (place / "ORDERS.yaml").write_text(text, encoding="utf-8")
    return guides.load("acme/ORDERS", WorkspaceTables(folder))


def deviations(folder: Path, order: str, text: str = GUIDE) -> tuple[Finding, ...]:
    read = reader.read(order.encode()).value
    assert read is not None
    message = read[0].messages[0]
    spec = directory.load("D.96A", association="EAN008").message("ORDERS")
    assert spec is not None
    tree = structure.build(message, spec).value
    assert tree is not None
    return validate(guide(folder, text), tree, reference=message.reference)


def test_an_order_that_keeps_to_the_guide_has_no_finding(tmp_path: Path) -> None:
    assert deviations(tmp_path, ORDER) == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "text", "segment", "element", "component"),
    [
        ("BGM+220", "BGM+105", "guide.code", "BGM 1.1 is '105'; the guide takes 220, 224", 2, 1, 1),
        ("+4711+9'", "+4711'", "guide.element_missing", "BGM 3 was not sent", 2, 3, None),
        ("+4711+9'", "+4711+31'", "guide.code", "BGM 3 is '31'; the guide takes 9", 2, 3, None),
        ("+4711+", "+123456789+", "guide.too_long", "BGM 2 has 9 characters; the guide takes 8", 2, 2, None),
        ("4054321000009::9", "40543::9", "guide.too_short", "NAD 2.1 has 5 characters; the guide asks for 13", 4, 2, 1),
        ("DTM+137:", "DTM+2:", "guide.segment_missing", "DTM+137 was not sent", 1, None, None),
        (":102'", ":102'\nDTM+64:20261130:102'", "guide.segment_refused", "DTM+64 was sent", 4, None, None),
        (":102'", ":102'\nDTM+137:20261123:102'", "guide.segment_repeats", "DTM+137 stood 2 times; the guide takes 1", 4, None, None),
        ("CTA+OC+:Anna'\n", "", "guide.segment_missing", "NAD+BY/CTA+OC was not sent", 4, None, None),
        ("QTY+21", "QTY+113", "guide.segment_missing", "LIN/QTY+21|12 was not sent", 6, None, None),
        ("9::9'\nCTA", "9::9++Acme AG'\nCTA", "guide.element_refused", "NAD 4 was sent as 'Acme AG'", 4, 4, None),
    ],
)
def test_m15_each_deviation_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, code: str, text: str, segment: int, element: int | None, component: int | None
) -> None:
    order = ORDER.replace(old, new, 1)
    found = [finding for finding in deviations(tmp_path, order) if finding.code == code]
    assert [(text, segment, element, component)] == [
        (finding.text, finding.where.segment, finding.where.element, finding.where.component) for finding in found
    ]
    assert (found[0].level, found[0].answer) == GUIDE_KINDS[code][1:3]


def test_a_deviation_in_a_group_names_the_group_path(tmp_path: Path) -> None:
    order = ORDER.replace("UNS+S'", "LIN+2++4000000000013:EN'\nUNS+S'")
    found = deviations(tmp_path, order)
    assert [finding.where.group for finding in found] == ["SG25[2]"]


def test_a_guide_may_refuse_what_it_does_not_list(tmp_path: Path) -> None:
    text = GUIDE.replace("segments:", "unlisted: must_not\nsegments:")
    order = ORDER.replace("CTA+OC+:Anna'", "CTA+OC+:Anna'\nCOM+1234:TE'").replace("QTY+21:5'", "QTY+21:5'\nPRI+AAA:9.99'")
    found = deviations(tmp_path, order, text)
    assert [finding.text for finding in found] == ["NAD/CTA/COM is not part of the guide", "LIN/PRI is not part of the guide"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("NAD+BY/CTA+OC", "CTA+OC", "15: ORDERS has no CTA+OC"),
        ("  DTM+64: must_not", "  Dtm+64: must_not", "13: 'Dtm' is no segment tag; write the way as NAD+BY/CTA+OC"),
        ("1004:", "1005:", "10: BGM has no element '1005'"),
        ("length: 1..8", "length: 1..99", "10: BGM 2 (1004) is an..35 in the standard; a guide cannot take 99 characters"),
        ("length: 1..8", "length: few", "10: 'few' is no length; write 1..17, ..17 or 13"),
        ("['220', '224']", "['220', 'XYZ']", "9: 'XYZ' is no code of 1001 in D.96A"),
        ("DTM+64: must_not", "BGM+220: {repeats: 2}", "13: BGM+220 repeats 1 times in the standard; a guide cannot take 2"),
        ("DTM+64: must_not", "LIN: {elements: {C212: '1'}}", "13: LIN 3 is a composite; values and lengths belong to a component"),
        ("DTM+64: must_not", "UNT: must_not", "13: UNT is mandatory in the standard and cannot be forbidden"),
        ("DTM+64: must_not", "PAI: {elements: {9999: x}}", "13: PAI has no element '9999'"),
        ("segments:", "segmnts:", "1: the key 'segments' is missing"),
        ("D:96A", "D:96Z", "2: "),
    ],
)
def test_a_guide_that_does_not_fit_the_standard_says_where(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(guides.GuideError) as caught:
        guide(tmp_path, GUIDE.replace(old, new, 1))
    assert any(f"{problem.line}: {problem.text}".startswith(expected) for problem in caught.value.problems), str(caught.value)


def test_edi_check_tells_the_problems_of_guides_that_agreements_name(tmp_path: Path) -> None:
    acme = FILES["partners/acme.yaml"].replace("direction: in,", "direction: in, guide: acme/ORDERS,")
    changes: dict[str, str | None] = {"partners/acme.yaml": acme, "schemas/edifact/guides/acme/ORDERS.yaml": GUIDE}
    assert problems(tmp_path, changes) == ()
    (write(tmp_path, changes) / "schemas/edifact/guides/acme/ORDERS.yaml").write_text(GUIDE.replace("use: must", "use: musst"))
    changes.pop("schemas/edifact/guides/acme/ORDERS.yaml")
    assert {"schemas/edifact/guides/acme/ORDERS.yaml"} == {problem.file for problem in problems(tmp_path, changes)}
