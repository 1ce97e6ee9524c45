"""An element that comes in one of several forms: what decides, what is written, what has no room."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edi import mapping
from edi.formats.edifact.syntax import Segment
from edi.mapping import laws
from edi.mapping.spoke_edifact import WIRE, EdifactSide, texts_of
from tests.mapping.conftest import problems_of, spoke_of

HEAD = """\
mapping: m
kind: order
syntax: {edifact: ORDERS, versions: [D.96A, D.01B]}
"""
PARTIES = """\
header:
  - BGM+220+{number}
  - at: buyer
    NAD+BY+({gln}::9 or {ids[scheme=91].value}::91 or {ids[scheme=92].value}::92)++{name|wrap}:
detail:
  - each: lines
    LIN+{id}++({item.gtin}:EN|SRV or <{item.buyer_id}:IN|BP):
      - PIA+1+[{item.buyer_id}:IN|BP]
"""


def spoke() -> mapping.Spoke:
    return spoke_of(m=HEAD + PARTIES)


def read(*segments: str) -> dict[str, object]:
    side = spoke().side
    assert isinstance(side, EdifactSide)
    tree = side.tree([Segment.found(text.encode(), WIRE, number=0, offset=0) for text in segments], "D.96A")
    reading = spoke().read(tree, trace=True).value
    assert reading is not None
    assert reading.unmapped == ()
    return reading.document  # type: ignore[return-value]


def written(**document: object) -> tuple[list[str], list[str]]:
    outcome = spoke().write({"kind": "order", "number": "1", **document})  # type: ignore[dict-item]
    assert outcome.value is not None
    return texts_of(outcome.value.output), [finding.code for finding in outcome.findings]  # type: ignore[arg-type]


def test_the_constants_tell_the_forms_apart() -> None:
    assert {"gln": "4054321000009"} == read("BGM+220+1", "NAD+BY+4054321000009::9")["buyer"]
    assert {"ids": [{"scheme": "92", "value": "K7"}]} == read("BGM+220+1", "NAD+BY+K7::92")["buyer"]


def test_the_first_form_with_a_value_is_written() -> None:
    assert "NAD+BY+K7::91" in written(buyer={"ids": [{"scheme": "91", "value": "K7"}]})[0]
    assert "NAD+BY+++Acme" in written(buyer={"name": "Acme"})[0]


def test_what_has_no_room_is_told() -> None:
    both = {"gln": "4054321000009", "ids": [{"scheme": "92", "value": "K7"}]}
    segments, codes = written(buyer=both)

    assert "NAD+BY+4054321000009::9" in segments
    assert ["mapping.lost"] == codes


def test_a_form_for_reading_only_is_written_by_the_other_pattern() -> None:
    assert [{"id": "1", "item": {"buyer_id": "A1"}}] == read("BGM+220+1", "LIN+1++A1:IN")["lines"]
    assert ["LIN+1", "PIA+1+A1:IN"] == written(lines=[{"id": "1", "item": {"buyer_id": "A1"}, "quantity": Decimal(1)}])[0][1:3]


@pytest.mark.parametrize("release", ["D.96A", "D.01B"])
def test_the_laws_hold(release: str) -> None:
    assert laws.put_get(spoke(), 60, release=release).failures == []
    assert laws.nothing_dangles(spoke(), 60, release=release).failures == []


def test_what_a_selector_fixes_is_carried() -> None:
    assert {"buyer.ids.value", "buyer.ids.scheme"} <= spoke().bound()


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("NAD+BY+(X::9 or {gln}::91)", "an alternative has no {field}"),
        ("NAD+BY+({gln} or {ids[scheme=91].value}::91)", "this alternative takes everything"),
        ("NAD+BY+(<{gln}::9 or {ids[scheme=91].value}::91)", "the first alternative is the one that is written"),
        ("NAD+({gln}:9 or {name})", "the first element decides"),
    ],
)
def test_a_choice_that_cannot_work_is_told(pattern: str, complaint: str) -> None:
    problems = problems_of(m=HEAD + f"header:\n  - at: buyer\n    {pattern}:\n")

    assert any(complaint in problem for problem in problems), problems
