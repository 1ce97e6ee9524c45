"""Nothing of a document is lost silently: what a mapping carries in part only is named when a document holds more of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edi import mapping
from edi.findings import Finding
from edi.mapping.cases import edifact_tree
from edi.mapping.result import Document

HEAD = """mapping: small
kind: {kind}
syntax: {{edifact: {message}, versions: [D.96A]}}
header:
  - BGM+{{type_code}}+{{number}}
"""


def spoke(text: str) -> mapping.Spoke:
    return mapping.load("small", lambda name: ("small.map.yaml", text) if name == "small" else None)


def lost(text: str, document: Document) -> list[str]:
    return [one.text for one in losses(text, document)]


def losses(text: str, document: Document) -> list[Finding]:
    return [one for one in spoke(text).write(document).findings if one.code == "mapping.lost"]


CONTACTS = (
    HEAD.format(kind="order", message="ORDERS")
    + """  - at: seller
    NAD+SU+{gln}::9:
      - CTA+IC+:{contact.name}
"""
)
IDS = (
    HEAD.format(kind="order", message="ORDERS")
    + """  - at: seller
    NAD+SU+{ids[scheme=seller].value}::91:
"""
)
NOTES = (
    HEAD.format(kind="order", message="ORDERS")
    + """  - each: notes
    when: (subject or '') != ''
    FTX+{subject}+++{text}:
"""
)
DATES = """mapping: small
kind: invoice
syntax: {ubl: Invoice}
body:
  - cbc:IssueDate = {issue_date|date}
"""
UNITS = (
    HEAD.format(kind="despatch_advice", message="DESADV")
    + """detail:
  - each: handling_units
    CPS+{id}:
      - each: /lines
        key: {handling_unit: id}
        LIN+{id}:
          - QTY+12:{quantity}
"""
)


def test_a_second_item_where_there_is_room_for_the_first() -> None:
    document: Document = {"number": "1", "seller": {"gln": "4012345500004", "contacts": [{"name": "Eva"}, {"name": "Paul"}]}}

    assert ["seller.contacts[1].name is not written: only the first of contacts"] == lost(CONTACTS, document)


def test_an_identifier_whose_scheme_has_no_place() -> None:
    document: Document = {"number": "1", "seller": {"ids": [{"scheme": "seller", "value": "A"}, {"scheme": "0060", "value": "B"}]}}

    assert ["seller.ids[1].value"] == [one.where.path for one in losses(IDS, document)]


def test_two_identifiers_of_one_scheme() -> None:
    document: Document = {"number": "1", "seller": {"ids": [{"scheme": "seller", "value": "A"}, {"scheme": "seller", "value": "B"}]}}

    assert "seller.ids[1].value is not written: only the ids with scheme seller" in lost(IDS, document)


def test_an_item_for_which_no_condition_holds() -> None:
    document: Document = {"number": "1", "notes": [{"subject": "AAI", "text": "one"}, {"text": "two"}]}

    assert ["notes[1].text is not written: only where (subject or '') != ''"] == lost(NOTES, document)


def test_the_time_of_a_moment_is_a_warning() -> None:
    (found,) = losses(DATES, {"issue_date": "2026-11-22T10:15"})

    assert not found.is_error
    assert "the time of issue_date is not written: only the date" == found.text


def test_a_line_in_a_unit_that_is_not_there() -> None:
    line: Document = {"id": "1", "handling_unit": "9", "quantity": Decimal(1)}

    assert "lines[0].quantity" in {
        one.where.path for one in losses(UNITS, {"number": "1", "handling_units": [{"id": "1"}], "lines": [line]})
    }


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (CONTACTS, {"number": "1", "seller": {"gln": "4012345500004", "contacts": [{"name": "Eva"}]}}),
        (IDS, {"number": "1", "seller": {"ids": [{"scheme": "seller", "value": "A"}]}}),
        (NOTES, {"number": "1", "notes": [{"subject": "AAI", "text": "one"}]}),
        (DATES, {"issue_date": "2026-11-22"}),
        (UNITS, {"number": "1", "handling_units": [{"id": "1"}], "lines": [{"id": "1", "handling_unit": "1", "quantity": Decimal(1)}]}),
    ],
)
def test_a_document_that_is_carried_whole_loses_nothing(text: str, document: Document) -> None:
    assert [] == lost(text, document)


def test_what_stands_in_one_release_only() -> None:
    text = (
        HEAD.format(kind="invoice", message="INVOIC").replace("[D.96A]", "[D.96A, D.01B]")
        + """summary:
  - only: [D.01B]
    MOA+366:{totals.rounding}:
"""
    )
    document: Document = {"number": "1", "type_code": "380", "totals": {"rounding": Decimal("0.01")}}
    newer, older = (spoke(text).write(document, release=release).findings for release in ("D.01B", "D.96A"))

    assert () == newer
    assert ["totals.rounding is not written: only in D.01B"] == [one.text for one in older]


def test_a_currency_that_only_the_amounts_name_is_the_documents() -> None:
    loaded = mapping.load("orders-eancom")
    tree = edifact_tree(loaded, "BGM+220+1'DTM+137:20240101:102'LIN+1'QTY+21:3:PCE'MOA+203:30:EUR'UNS+S'MOA+79:30:USD'CNT+2:1", None)
    reading = loaded.read(tree, trace=True)
    assert reading.value is not None

    assert "EUR" == reading.value.document["currency"]
    assert () == reading.value.unmapped
    assert ["mapping.differs"] == [one.code for one in reading.findings]


def test_a_field_that_names_what_is_not_there_is_dropped() -> None:
    text = UNITS.replace("CPS+{id}:", "CPS+{id}+{parent}:") + "drop:\n  - handling_units.parent: not (parent in doc.handling_units.id)\n"
    loaded = spoke(text)
    reading = loaded.read(edifact_tree(loaded, "BGM+351+1'CPS+2+1'CPS+3+2", None)).value
    assert reading is not None

    assert [{"id": "2"}, {"id": "3", "parent": "2"}] == reading.document["handling_units"]


def test_a_group_can_be_asked_for_what_it_holds() -> None:
    text = (
        UNITS.replace("    CPS+{id}:", "    holds: PAC\n    CPS+{id}:")
        + "  - dir: read\n    CPS+*:\n      - each: lines\n        LIN+{id}:\n"
    )
    loaded = spoke(text)
    reading = loaded.read(edifact_tree(loaded, "BGM+351+1'CPS+1'LIN+1'CPS+2'PAC+1'LIN+2'CPS+3'LIN+3", None)).value
    assert reading is not None

    assert [{"id": "2"}] == reading.document["handling_units"]
    assert [{"id": "1"}, {"handling_unit": "2", "id": "2"}, {"id": "3"}] == reading.document["lines"]
