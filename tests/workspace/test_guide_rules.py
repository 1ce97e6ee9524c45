"""Rules across fields of a guide (validation level 7; M16, M20): read with positions, broken ones told at the place they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.formats.edifact.guide_cross import DEPENDENCIES
from edi.workspace.guides import GuideError
from tests.workspace.test_guides import ORDER, deviations, guide

HEAD = "guide: acme/ORDERS\nmessage: ORDERS:D:96A:UN:EAN008\nsegments: {}\nrules:\n"
LINES = "LIN+1++4000000000006:EN'\nQTY+21:5'\nMOA+203:10.5'\nLIN+2++4000000000013:EN'\nQTY+21:2'\nMOA+203:0,25'\nUNS+S'\nMOA+79:10.75'\nCNT+2:2'\n"
TWO_LINES = ORDER.replace("LIN+1++4000000000006:EN'\nQTY+21:5'\nUNS+S'\n", LINES)
SUM = "  - {rule: total, sum: LIN/MOA+203@1.2, equals: MOA+79@1.2}\n"


def told(folder: Path, order: str, *rules: str) -> list[tuple[str, str | None, str | None, str | None]]:
    found = deviations(folder, order, HEAD + "".join(rules))
    assert {each.code for each in found} <= {"guide.rule"}
    return [(each.where.tag or "", each.where.group, each.value, each.expected) for each in found]


def test_lines_are_counted(tmp_path: Path) -> None:
    rule = "  - {rule: lines, count: LIN, equals: CNT+2@1.2}\n"

    assert told(tmp_path, TWO_LINES, rule) == []
    assert told(tmp_path, TWO_LINES.replace("CNT+2:2", "CNT+2:3"), rule) == [("CNT", None, "3", "2")]


def test_amounts_are_added_exactly_with_either_decimal_mark(tmp_path: Path) -> None:
    assert told(tmp_path, TWO_LINES, SUM) == []
    assert told(tmp_path, TWO_LINES.replace("MOA+79:10.75", "MOA+79:10.76"), SUM) == [("MOA", None, "10.76", "10.75")]


def test_a_figure_may_be_off_by_what_the_guide_allows(tmp_path: Path) -> None:
    rule = SUM.replace("}", ", tolerance: '0.01'}")

    assert told(tmp_path, TWO_LINES.replace("10.75", "10.76"), rule) == []
    assert told(tmp_path, TWO_LINES.replace("10.75", "10.77"), rule) == [("MOA", None, "10.77", "10.75")]


def test_figures_that_are_no_numbers_are_left_to_level_4(tmp_path: Path) -> None:
    assert told(tmp_path, TWO_LINES.replace("203:10.5", "203:ten"), SUM) == []
    assert told(tmp_path, TWO_LINES.replace("79:10.75", f"79:{'9' * 500}"), SUM) == []


def test_a_figure_is_no_business_of_contrl_and_a_dependency_is(tmp_path: Path) -> None:
    """M16: a broken dependency is 48 at its segment."""
    (figure,) = deviations(tmp_path, TWO_LINES.replace("79:10.75", "79:1"), HEAD + SUM)
    (dependency,) = deviations(tmp_path, TWO_LINES, HEAD + "  - {rule: d1, one: [DTM+2, DTM+64]}\n")

    assert (figure.answer, figure.level, figure.where.element, figure.where.component) == (None, None, 1, 2)
    assert (dependency.answer, dependency.level) == ("48", "UCS")


def test_percent_of_a_base(tmp_path: Path) -> None:
    taxed = ORDER.replace("UNS+S'\n", "TAX+7+VAT+++:::19+S'\nMOA+125:200'\nMOA+124:38'\nUNS+S'\n")
    rule = "  - {rule: vat, within: LIN/TAX+7, percent: [MOA+125@1.2, TAX@5.4], equals: MOA+124@1.2}\n"
    place = "  - {rule: vat, within: LIN/TAX, percent: [MOA@1.2, TAX@5.4], equals: MOA@1.2}\n"

    assert told(tmp_path, taxed.replace("MOA+125:200'\n", ""), place) == [("MOA", "SG25[1]/SG34[1]", "38", "7.22")]
    # Its group takes one MOA only, so the base is not in it and nothing can be worked out.
    assert told(tmp_path, taxed, rule) == []


def test_what_one_value_asks_of_another(tmp_path: Path) -> None:
    rule = "  - {rule: urgent, when: {BGM@1001: ['224']}, must: [DTM+2], text: an urgent order names its day}\n"
    urgent = ORDER.replace("BGM+220", "BGM+224")
    (said,) = deviations(tmp_path, urgent, HEAD + rule)

    assert told(tmp_path, ORDER, rule) == []
    assert "DTM+2 was not sent (urgent: an urgent order names its day)" == said.text
    assert told(tmp_path, urgent.replace("DTM+137", "DTM+2"), rule) == []


def test_must_not_names_every_place(tmp_path: Path) -> None:
    rule = "  - {rule: no_prices, when: BGM, must_not: LIN/MOA+203@5004}\n"

    assert [each[2] for each in told(tmp_path, TWO_LINES, rule)] == ["10.5", "0,25"]


@pytest.mark.parametrize(
    ("dependency", "keeps", "breaks"),
    [
        ("one", "QTY+21:5'", "QTY+21:5'\nQTY+12:5'"),
        ("all_or_none", "QTY+21:5'\nQTY+12:5'", "QTY+21:5'"),
        ("one_or_more", "QTY+12:5'", "QTY+1:5'"),
        ("one_or_none", "QTY+1:5'", "QTY+21:5'\nQTY+12:5'"),
        ("first_then_all", "QTY+12:5'", "QTY+21:5'"),
        ("first_then_more", "QTY+21:5'\nQTY+12:5'", "QTY+21:5'"),
        ("first_then_none", "QTY+21:5'", "QTY+21:5'\nQTY+12:5'"),
    ],
)
def test_dependencies_hold_in_each_group(tmp_path: Path, dependency: str, keeps: str, breaks: str) -> None:
    rule = f"  - {{rule: d, within: LIN, {dependency}: [QTY+21, QTY+12]}}\n"

    assert dependency in DEPENDENCIES
    assert told(tmp_path, ORDER.replace("QTY+21:5'", keeps), rule) == []
    assert [each[:2] for each in told(tmp_path, ORDER.replace("QTY+21:5'", breaks), rule)] == [("LIN", "SG25[1]")]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("{rule: a, count: LIN}", "equals belongs to"),
        ("{rule: a}", "a rule says one thing"),
        ("{rule: a, must: LIN, must_not: DTM}", "a rule says one thing"),
        ("{rule: a, one: LIN}", "needs two or more places"),
        ("{rule: a, must: XYZ}", "ORDERS has no XYZ"),
        ("{rule: a, within: LIN, must: CNT}", "ORDERS has no LIN/CNT"),
        ("{rule: a, must: BGM@9999}", "BGM has no element"),
        ("{rule: a, sum: LIN, equals: CNT, tolerance: some}", "is no difference"),
        ("{rule: a, percent: LIN, equals: CNT}", "percent takes two places"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told_with_its_line(tmp_path: Path, rule: str, text: str) -> None:
    with pytest.raises(GuideError) as caught:
        guide(tmp_path, f"{HEAD}  - {rule}\n")

    (problem,) = caught.value.problems
    assert text in problem.text
    assert problem.line == 5


def test_every_rule_says_what_it_means(tmp_path: Path) -> None:
    rules = guide(tmp_path, HEAD + SUM + "  - {rule: d, within: LIN, one: [QTY+21, QTY+12]}\n").cross

    assert ["MOA+79@1.2 is the sum of LIN/MOA+203@1.2", "of QTY+21, QTY+12: one and only one of these is sent (in each LIN)"] == [
        each.says for each in rules
    ]
