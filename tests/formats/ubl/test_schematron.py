"""What ISO Schematron says, one feature a test: each runs in the real processor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edi.errors import ConfigError
from edi.formats.ubl import schematron
from tests.formats.ubl.rule_running import SCHEMA, Rules, compiled, needs_saxon

pytestmark = needs_saxon


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    running = Rules()
    yield running
    running.runner.close()


def test_an_assert_fails_where_its_test_is_false_and_a_report_where_it_is_true(rules: Rules) -> None:
    sheet = compiled(
        '<pattern><rule context="a"><assert id="A" test="@x">no x</assert><report id="R" test="@y">has y</report></rule></pattern>'
    )

    assert rules.ids(sheet, '<r><a x="1"/><a/><a y="1"/></r>') == ["A", "A", "R"]


def test_in_a_pattern_only_the_first_rule_that_matches_a_node_counts(rules: Rules) -> None:
    sheet = compiled(
        '<pattern><rule context="a[@x]"><assert id="1" test="false()"/></rule><rule context="*"><assert id="2" test="false()"/></rule></pattern>'
    )

    assert rules.ids(sheet, '<a x="1"><a/></a>') == ["1", "2"]


def test_every_pattern_looks_at_every_node(rules: Rules) -> None:
    sheet = compiled("".join(f'<pattern><rule context="a"><assert id="{name}" test="false()"/></rule></pattern>' for name in "PQ"))

    assert rules.ids(sheet, "<a/>") == ["P", "Q"]


@pytest.mark.parametrize(
    ("context", "count"),
    [
        ("/", 1),
        ("a", 1),
        ("/r/a", 1),
        ("@x", 1),
        ("text()", 2),
        ("comment()", 1),
        ("b | a", 2),
        ("*[@x]", 1),
        ("//b", 1),
        ("processing-instruction()", 1),
    ],
)
def test_contexts_of_all_kinds(rules: Rules, context: str, count: int) -> None:
    sheet = compiled(f'<pattern><rule context="{context}"><assert id="X" test="false()"/></rule></pattern>')

    assert rules.counts(sheet, '<r><a x="1">t</a><b>u</b><!--c--><?p i?></r>')["X"] == count


def test_variables_of_schema_pattern_and_rule(rules: Rules) -> None:
    sheet = compiled(
        '<let name="all" value="count(//a)"/><pattern><let name="limit" value="$all - 1"/>'
        '<rule context="a[$limit = 2]"><let name="mine" value="number(@n) + $limit"/><assert id="A" test="$mine = 5">was <value-of select="$mine"/></assert></rule></pattern>'
    )

    assert [(entry["id"], entry["text"]) for entry in rules.failed(sheet, '<r><a n="3"/><a n="4"/><a n="3"/></r>')] == [("A", "was 6")]


def test_two_patterns_may_use_the_same_name_for_different_values(rules: Rules) -> None:
    patterns = "".join(
        f'<pattern><let name="v" value="{n}"/><rule context="a"><assert id="P{n}" test="$v = 1 and $v2 = 9"/></rule></pattern>'
        for n in (1, 2)
    )
    sheet = compiled('<let name="v2" value="9"/>' + patterns)

    assert rules.ids(sheet, "<a/>") == ["P2"]


def test_a_variable_may_hold_elements(rules: Rules) -> None:
    sheet = compiled(
        '<let name="codes"><c xmlns="">x</c><c xmlns="">y</c></let><pattern><rule context="a"><assert id="A" test=". = $codes/c"/></rule></pattern>'
    )

    assert rules.ids(sheet, "<r><a>x</a><a>z</a></r>") == ["A"]


def test_phases_choose_patterns_and_add_variables(rules: Rules) -> None:
    body = (
        '<phase id="one"><let name="want" value="1"/><active pattern="p1"/></phase><phase id="two"><let name="want" value="2"/><active pattern="p2"/></phase>'
        '<pattern id="p1"><rule context="a"><assert id="P1" test="$want = 2"/></rule></pattern><pattern id="p2"><rule context="a"><assert id="P2" test="$want = 1"/></rule></pattern>'
    )

    assert rules.ids(compiled(body, phase="one"), "<a/>") == ["P1"]
    assert rules.ids(compiled(body, phase="two"), "<a/>") == ["P2"]


def test_the_default_phase_is_the_schemas_own(rules: Rules) -> None:
    text = SCHEMA.format(
        '<phase id="one"><active pattern="p1"/></phase>'
        + "".join(f'<pattern id="p{n}"><rule context="a"><assert id="P{n}" test="false()"/></rule></pattern>' for n in (1, 2))
    )

    assert rules.ids(compiled(text.replace("<schema ", '<schema defaultPhase="one" '), whole=True), "<a/>") == ["P1"]
    assert rules.ids(compiled(text.replace("<schema ", '<schema defaultPhase="one" '), whole=True, phase="#ALL"), "<a/>") == ["P1", "P2"]


def test_an_unknown_phase_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="they have one"):
        compiled('<phase id="one"/>', phase="three")


def test_an_abstract_pattern_is_filled_in(rules: Rules) -> None:
    sheet = compiled(
        '<pattern abstract="true" id="t"><rule context="$what"><assert id="$name" test="$test">a <value-of select="$what/@x"/></assert></rule></pattern>'
        '<pattern is-a="t" id="one"><param name="what" value="a"/><param name="test" value="@x = 1"/><param name="name" value="ONE"/></pattern>'
        '<pattern is-a="t" id="two"><param name="what" value="b"/><param name="test" value="@x = 2"/><param name="name" value="TWO"/></pattern>'
    )

    assert rules.ids(sheet, '<r><a x="2"/><b x="1"/><a x="1"/></r>') == ["ONE", "TWO"]


def test_a_parameter_whose_name_begins_another_is_not_mistaken_for_it(rules: Rules) -> None:
    sheet = compiled(
        '<pattern abstract="true" id="t"><rule context="a"><assert id="A" test="$x-long = $x"/></rule></pattern>'
        '<pattern is-a="t"><param name="x" value="1"/><param name="x-long" value="2"/></pattern>'
    )

    assert rules.ids(sheet, "<a/>") == ["A"]


def test_an_abstract_rule_is_extended_also_over_two_steps(rules: Rules) -> None:
    sheet = compiled(
        '<pattern><rule abstract="true" id="r0"><let name="v" value="@x"/><assert id="R0" test="$v"/></rule><rule abstract="true" id="r1"><extends rule="r0"/><assert id="R1" test="@y"/></rule>'
        '<rule context="a"><extends rule="r1"/><assert id="R2" test="@z"/></rule></pattern>'
    )

    assert rules.ids(sheet, '<r><a x="1"/><a y="1" z="1"/></r>') == ["R1", "R2", "R0"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            '<pattern><rule abstract="true" id="r"><extends rule="r"/></rule><rule context="a"><extends rule="r"/></rule></pattern>',
            "extends itself",
        ),
        ('<pattern><rule context="a"><extends rule="none"/></rule></pattern>', "is not there"),
        ('<pattern is-a="none"/>', "no abstract pattern 'none'"),
        ("<pattern><rule/></pattern>", "has no context"),
        ('<pattern documents="@href"><rule context="a"/></pattern>', "other documents"),
        ('<include href="x.sch"/>', "cannot be read here"),
    ],
)
def test_what_cannot_be_compiled_is_named(body: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        compiled(body)


def test_includes_are_put_in_whole_or_by_id(rules: Rules) -> None:
    files = {
        "p.sch": b'<pattern xmlns="http://purl.oclc.org/dsdl/schematron"><include href="r.sch#second"/></pattern>',
        "r.sch": b'<x xmlns="http://purl.oclc.org/dsdl/schematron"><rule id="first" context="a"/><rule id="second" context="a"><extends href="e.sch"/></rule></x>',
        "e.sch": b'<rule xmlns="http://purl.oclc.org/dsdl/schematron" context="q"><assert id="E" test="false()"/></rule>',
    }
    sheet = compiled('<include href="p.sch"/>', resolve=files.__getitem__)

    assert rules.ids(sheet, "<a/>") == ["E"]


def test_includes_in_a_circle_are_refused() -> None:
    circle = b'<pattern xmlns="http://purl.oclc.org/dsdl/schematron"><include href="p.sch"/></pattern>'

    with pytest.raises(ConfigError, match="circle"):
        compiled('<include href="p.sch"/>', resolve=lambda _: circle)


def test_functions_and_keys_of_xslt(rules: Rules) -> None:
    sheet = compiled(
        '<ns prefix="f" uri="urn:f"/><xsl:function xmlns:xsl="http://www.w3.org/1999/XSL/Transform" name="f:double"><xsl:param name="n"/><xsl:sequence select="2 * $n"/></xsl:function>'
        '<xsl:key xmlns:xsl="http://www.w3.org/1999/XSL/Transform" name="k" match="b" use="@id"/>'
        '<pattern><rule context="a"><assert id="A" test="f:double(@n) = 4"/><assert id="K" test="key(\'k\', @ref)"/></rule></pattern>'
    )

    assert rules.ids(sheet, '<r><b id="1"/><a n="2" ref="1"/><a n="3" ref="2"/></r>') == ["A", "K"]


def test_texts_diagnostics_flags_roles_and_values(rules: Rules) -> None:
    sheet = compiled(
        '<pattern><rule context="c" flag="warning"><assert id="A" test="false()" diagnostics="d1 d2" role="hint">In <name/> of <name path=".."/>: <emph>not</emph> <value-of select="."/>!</assert></rule></pattern>'
        '<diagnostics><diagnostic id="d1">one <value-of select="@x"/></diagnostic><diagnostic id="d2">two</diagnostic></diagnostics>'
    )

    assert rules.failed(sheet, '<r><b/><c x="7">v {w}</c></r>') == [
        {
            "id": "A",
            "flag": "warning",
            "text": "In c of r: not v {w}!",
            "location": "/{}r[1]/{}c[1]",
            "value": "v {w}",
            "diagnostics": "one 7 two",
        }
    ]


def test_the_location_of_an_attribute_and_of_a_subject(rules: Rules) -> None:
    sheet = compiled(
        '<pattern><rule context="@x"><assert id="A" test="false()"/></rule></pattern><pattern><rule context="a"><assert id="S" subject="b[2]" test="false()"/></rule></pattern>'
    )

    assert [(entry["id"], entry["location"]) for entry in rules.failed(sheet, '<a x="1"><b/><c/><b/></a>')] == [
        ("A", "/{}a[1]/@x"),
        ("S", "/{}a[1]/{}b[2]"),
    ]


def test_namespaces_come_from_ns_elements(rules: Rules) -> None:
    sheet = compiled('<ns prefix="q" uri="urn:q"/><pattern><rule context="q:a"><assert id="A" test="q:b"/></rule></pattern>')

    assert [entry["location"] for entry in rules.failed(sheet, '<a xmlns="urn:q"/>')] == ["/{urn:q}a[1]"]


def test_a_schema_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match="not a Schematron schema"):
        schematron.read(b"<a/>", source="a.sch")


def test_an_unknown_query_binding_is_named() -> None:
    with pytest.raises(ConfigError, match="'python'"):
        schematron.read(SCHEMA.format("").replace("xslt2", "python").encode())
