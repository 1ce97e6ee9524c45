"""What the author of a mapping sees: every problem at once, each at its place, with a hint."""

from __future__ import annotations

import pytest

from edi import mapping
from edi.errors import ConfigError
from tests.mapping.conftest import files_of, problems_of, spoke_of

HEAD = """\
mapping: m
kind: invoice
syntax: {edifact: INVOIC, versions: [D.96A]}
"""


def problem_in(body: str, head: str = HEAD) -> str:
    """The only problem of a mapping."""
    problems = problems_of(m=head + body)
    assert len(problems) == 1, problems
    return problems[0]


def test_a_field_name_that_is_nearly_right() -> None:
    assert (
        "mappings/m.map.yaml:5:14: unknown field 'isue_date' in 'isue_date'\n"
        "      - DTM+137:{isue_date!}\n"
        "                 ^\n"
        "  hint: did you mean 'issue_date'?"
    ) == problem_in("header:\n  - DTM+137:{isue_date!}\n")


def test_a_segment_in_the_wrong_group() -> None:
    problem = problem_in("header:\n  - at: seller\n    NAD+SU+{gln}:\n      - QTY+1:{vat_id}\n")

    assert "7:9: segment QTY cannot stand in the NAD group of INVOIC D.96A" in problem
    assert "allowed here: LOC FII RFF DOC CTA" in problem


def test_each_on_an_object() -> None:
    problem = problem_in("header:\n  - each: seller\n    NAD+SU+{gln}:\n")

    assert "'each: seller' needs a list field, but it is an object" in problem
    assert "hint: use at: for one object" in problem


def test_an_unknown_table_codec_and_segment_are_all_told_at_once() -> None:
    problems = problems_of(
        m=HEAD
        + "detail:\n  - each: lines\n    LIN+{id}:\n      - QTY+47:{quantity}:{unit|codes(unit)}\n      - IMD+F++:::{item.name|fold(5x70)}\n      - XXX+{id}\n"
    )

    assert 3 == len(problems)
    assert "no code table 'unit'" in problems[0]
    assert "unknown codec 'fold'" in problems[1]
    assert "segment XXX cannot stand in the LIN group" in problems[2]


def test_two_patterns_that_fill_one_field() -> None:
    problem = problem_in("header:\n  - DTM+35:{delivery.actual}\n  - DTM+2:{delivery.actual}\n")

    assert "6:12: field 'delivery.actual' is filled by two patterns (also line 5)" in problem


def test_a_segment_that_would_never_be_written() -> None:
    problem = problem_in("header:\n  - BGM+{type_code}+{number}\nsummary:\n  - UNS+S\n")

    assert "this segment has no {field}: it would never be written" in problem
    assert "!always" in problem


def test_a_pattern_inside_flow_braces() -> None:
    problem = problem_in("header:\n  - {each: notes, FTX+{subject}+++{text}: }\n")

    assert "a pattern with {fields} cannot stand inside { }" in problem


def test_an_expression_never_reaches_python() -> None:
    problems = problems_of(m=HEAD + "summary:\n  - CNT+2:{=len(lines.__class__)}\n")

    assert "unknown field '__class__'" in problems[0]
    assert "unknown function 'open'" in problem_in("summary:\n  - CNT+2:{=open(number)}\n")


def test_a_constant_mixed_with_a_field() -> None:
    assert "a component is either one {field} or a fixed value, not both" in problem_in("header:\n  - DTM+13:D{issue_date}\n")


def test_a_code_the_release_does_not_have() -> None:
    problem = problem_in("summary:\n  - MOA+389:{totals.tax_exclusive}\n")

    assert "'389' is not in the code list of 5025" in problem
    assert "D.96A" in problem


def test_each_release_needs_an_alternative_of_its_own() -> None:
    both = HEAD.replace("[D.96A]", "[D.96A, D.01B]")
    spoke = spoke_of(m=both + "detail:\n  - each: lines\n    LIN+{id}++{item.gtin}:SRV|EN:\n")
    document: dict[str, object] = {"lines": [{"id": "1", "item": {"gtin": "4000862141404"}}]}

    assert "'EN'" in spoke.source("write", release="D.96A")
    assert "'SRV'" in spoke.source("write", release="D.01B")
    assert spoke.write(document, release="D.01B").ok  # type: ignore[arg-type]


def test_a_component_that_does_not_exist() -> None:
    assert "this element of RFF has 4 components in D.96A" in problem_in(
        "header:\n  - RFF+ON:{order.number}:{order.line}:{order.version}:{contract}\n"
    )


def test_a_pattern_behind_one_that_takes_everything() -> None:
    problem = problem_in("header:\n  - each: references\n    RFF+{type}:{number}:\n  - RFF+ON:{order.number}\n")

    assert "line 6 takes every RFF that this pattern could take" in problem.replace("line 5", "line 6")


def test_a_date_time_cannot_reach_a_date() -> None:
    head = "mapping: m\nkind: invoice\nsyntax: {ubl: Invoice, version: '2.1'}\n"
    problem = problem_in("body:\n  - cbc:IssueDate = {issue_date}\n", head)

    assert "'issue_date' may have a time" in problem
    assert "{issue_date|date}" in problem


def test_an_element_the_schema_does_not_have_here() -> None:
    head = "mapping: m\nkind: invoice\nsyntax: {ubl: Invoice, version: '2.1'}\n"
    problem = problem_in("body:\n  - cbc:IssueDat = {issue_date|date}\n", head)

    assert "cbc:IssueDat is no child of Invoice" in problem
    assert "did you mean 'cbc:IssueDate'?" in problem


def test_an_override_that_hits_nothing() -> None:
    base = HEAD.replace("mapping: m", "mapping: base") + "header:\n  - DTM+35:{delivery.actual}\n"
    own = "mapping: own\nextends: base\nchange:\n  - after: 'DTM+35:{delivery.actua}'\n    add: [DTM+137:*]\n"

    problems = problems_of(own=own, base=base)

    assert "'after:' names a pattern that 'base' has no time" in problems[0]
    assert "did you mean 'DTM+35:{delivery.actual}'?" in problems[0]


def test_a_block_parameter_moves_no_caret() -> None:
    blocks = "blocks:\n  party:\n    NAD+$long_parameter_name+{glm}:\nheader:\n  - {use: party, long_parameter_name: SU, at: seller}\n"
    problem = problem_in(blocks)

    line, caret = problem.splitlines()[1:3]
    assert "glm" == line[caret.index("^") :][:3]


def test_a_block_that_does_not_exist() -> None:
    assert "no block 'partie'" in problem_in("header:\n  - {use: partie, at: seller}\n")


def test_an_ignore_names_a_qualifier_never_a_whole_tag() -> None:
    assert "ignores a whole segment" in problem_in("header:\n  - BGM+{type_code}+{number}\nignore: ['LOC+*']\n")


def test_an_unknown_key_and_an_unknown_kind() -> None:
    assert "unknown key 'headers'" in "\n".join(problems_of(m=HEAD + "headers: []\nheader:\n  - BGM+{type_code}+{number}\n"))
    assert "unknown kind 'invoce'" in "\n".join(problems_of(m=HEAD.replace("kind: invoice", "kind: invoce")))


def test_a_mapping_that_is_not_there_is_told_by_its_place() -> None:
    with pytest.raises(ConfigError, match="there is no mapping 'nothing'"):
        mapping.load("nothing", files_of())


def test_a_pair_that_can_never_be_used_is_a_warning() -> None:
    spoke = spoke_of(m=HEAD + "codes:\n  u: {pairs: [[A, B], [A, B]]}\nheader:\n  - BGM+{type_code|codes(u)}+{number}\n")

    assert any("can never be used" in warning.text for warning in spoke.warnings)


def test_a_thin_mapping_is_a_warning_until_what_it_leaves_is_declared() -> None:
    thin = spoke_of(m=HEAD + "header:\n  - BGM+{type_code}+{number}\n")
    declared = spoke_of(m=HEAD + "header:\n  - BGM+{type_code}+{number}\nnot_carried: {'*': only the number is wanted}\n")

    assert ["mapping.thin"] == [warning.code for warning in thin.warnings]
    assert () == declared.warnings


def test_two_patterns_that_fill_one_field_of_a_line() -> None:
    problem = problem_in("detail:\n  - each: lines\n    LIN+{id}:\n      - QTY+47:{quantity}\n      - QTY+46:{quantity}\n")

    assert "field 'lines.quantity' is filled by two patterns (also line 7)" in problem


def test_a_value_that_is_read_and_cannot_be_written_is_a_warning() -> None:
    spoke = spoke_of(m=HEAD + "codes:\n  u: {pairs: [[A, X, <]]}\nheader:\n  - BGM+{type_code|codes(u)}+{number}\n")

    assert "mapping.table" in [warning.code for warning in spoke.warnings]


def test_a_text_that_is_read_longer_than_it_is_written_is_a_warning() -> None:
    from edi import mapping

    text = """mapping: m
kind: order
syntax: {edifact: ORDERS, versions: [D.96A]}
header:
  - BGM+{type_code}+{number}
  - dir: read
    FTX+PUR+++{contract}:
  - RFF+CT:{contract}
"""
    (problem,) = [one for one in mapping.load("m", {"m": ("m.map.yaml", text)}.get).warnings if one.code == "mapping.width"]

    assert "contract can be read with 70 characters, D.96A has room for 35" == problem.text
    assert problem.line == 8


def test_a_block_that_would_contain_itself_for_ever_is_refused() -> None:
    text = """\
        mapping: own
        kind: despatch_advice
        syntax: {json: own}
        blocks:
          unit:
            - nr = {id}
            - each: /handling_units
              inhalt[]: [{use: unit}]
        body:
          - each: handling_units
            einheiten[]: [{use: unit}]
        """
    (found,) = problems_of(own=text)
    assert found.startswith("mappings/own.map.yaml:11:25: the block 'unit' contains itself and would never end\n")
    assert "hint: join the inner list with key: {parent: id}" in found
