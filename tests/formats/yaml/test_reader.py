"""Operators' YAML is read strictly and keeps its positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.formats.yaml.problem import excerpt, nearest, problem_of, suggest
from edi.formats.yaml.reader import Node, read
from edi.limits import YAML_BYTES_MAX


def root(text: str) -> Node:
    found = read(text, source="f.yaml")
    assert found.findings == ()
    assert found.value is not None
    return found.value


def only_code(text: str | bytes) -> tuple[str, int | None, int | None]:
    found = read(text, source="f.yaml")
    assert found.value is None
    assert len(found.findings) == 1, found.findings
    where = found.findings[0].where
    return found.findings[0].code, where.line, where.column


@pytest.mark.parametrize("scalar", ["NO", "yes", "null", "~", "012", "1.10", "12:30:00", "1e3", "0x1F", "2026-11-22", "0088", ".inf"])
def test_y06_every_scalar_stays_the_text_that_was_typed(scalar: str) -> None:
    """T32."""
    assert {"country": scalar} == root(f"country: {scalar}\n").as_plain()


def test_a_node_knows_line_column_and_whether_it_was_quoted() -> None:
    node = root("ids:\n  - {gln: '40123'}\n").at(("ids", 0, "gln"))
    assert (node.text, node.line, node.column, node.plain) == ("40123", 2, 11, False)


def test_columns_count_characters_not_bytes() -> None:
    assert root("{ä: ü, b: c}").at(("b",)).column - 2 == 9


def test_an_absent_value_is_empty_and_a_quoted_empty_text_is_not() -> None:
    node = root("a:\nb: ''\n")
    assert [value.empty for _, value in node.entries] == [True, False]


def test_at_stops_at_the_deepest_node_there_is() -> None:
    node = root("a: {b: 1}")
    assert node.get("a") is node.at(("a", "c", "d"))


def test_a_block_text_keeps_its_lines() -> None:
    assert root("a: |\n  x\n  y\n").as_plain() == {"a": "x\ny\n"}


def test_y01_a_syntax_error_names_its_line_and_column() -> None:
    assert only_code("a: 1\nb: c: d\n") == ("yaml.syntax", 2, 5)


def test_y02_a_key_that_stands_twice_is_refused_at_the_second() -> None:
    """T32."""
    assert only_code("a: 1\na: 2\n") == ("yaml.duplicate_key", 2, 1)


def test_y03_a_tag_that_would_make_a_python_object_is_refused() -> None:
    """T32."""
    assert only_code("a: !!python/object/apply:os.system ['true']\n") == ("yaml.tag", 1, 4)


def test_y04_an_alias_bomb_is_refused_by_its_anchors_and_aliases() -> None:
    """T32."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    found = read("\n".join(lines))
    assert found.value is None
    assert {"yaml.alias"} == {finding.code for finding in found.findings}


def test_y05_nesting_5000_deep_is_refused_at_the_limit() -> None:
    assert only_code("[" * 5000 + "]" * 5000) == ("yaml.limit", 1, 61)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "yaml.empty"),
        ("# nothing but a remark\n", "yaml.empty"),
        (b"\xef\xbb\xbf", "yaml.empty"),
        ("a: 1\n---\nb: 2\n", "yaml.documents"),
        (b"a: \xff", "yaml.encoding"),
        ("a: \x01", "yaml.syntax"),
        ("{[1]: 2}", "yaml.key"),
        ("a: {<<: {b: 1}}", "yaml.alias"),
        ("a: 'open", "yaml.syntax"),
        ("\ta: 1", "yaml.syntax"),
        ('a: "\\ud800"', "yaml.syntax"),
        (b"a: " + b"x" * YAML_BYTES_MAX, "yaml.limit"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_one_finding(text: str | bytes, code: str) -> None:
    assert code == only_code(text)[0]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter() -> None:
    found = read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert found.value is not None
    assert found.value.as_plain() == {"a": "1", "b": "2"}


def test_all_refused_decorations_are_told_at_once() -> None:
    found = read("a: !!int 1\nb: &x 2\na: 3\n")
    assert [finding.code for finding in found.findings] == ["yaml.tag", "yaml.alias", "yaml.duplicate_key"]


PLAIN = st.recursive(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "S")), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcäß_", min_size=1, max_size=5), inner, max_size=3),
    max_leaves=12,
)


def flow(value: object) -> str:
    """The value as YAML flow text, every scalar single-quoted."""
    match value:
        case str():
            return "'" + value.replace("'", "''") + "'"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    raise AssertionError(value)


@given(PLAIN)
def test_quoted_values_come_back_as_they_are(value: object) -> None:
    found = read(flow(value))
    assert found.value is not None, found.findings
    assert value == found.value.as_plain()


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_end_as_a_value_or_findings(data: bytes | str) -> None:
    found = read(data)
    assert (found.value is None) == bool(found.findings)


def test_a_problem_shows_the_line_and_a_caret() -> None:
    text = "a: 1\nbad: x: y\n"
    problem = problem_of(read(text).findings[0], file="f.yaml", text=text)
    expected = (
        "f.yaml:2:7: a second `: ` stands in one value\n    bad: x: y\n          ^\n"
        "  hint: put the value in quotes, or bring the key to the column of its neighbours; a blank belongs behind every key's colon"
    )
    assert expected == str(problem)


def test_a_very_long_line_is_shown_around_the_column() -> None:
    shown = excerpt("x" * 1000 + "HERE" + "x" * 1000, 1, 1001)
    assert shown is not None
    line, caret = shown.split("\n")
    assert line[caret.index("^")] == "H"


def test_near_names_are_suggested_and_few_names_listed() -> None:
    assert nearest("ordr", ["order", "invoice"]) == "order"
    assert suggest("oder", ["order", "invoice"]) == "did you mean 'order'?"
    assert suggest("xyz", ["order", "invoice"]) == "one of: invoice, order"
    assert suggest("xyz", []) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pattern: *.edi\n", "a value begins with * or &, which YAML reserves"),
        ("a: [1, 2\nb: 3\n", "a list in brackets has no end"),
        ("a: {b: 1\nc: 2\n", "a group in braces has no end"),
        ("a: 'it's'\n", "text stands behind a closing quote"),
        ('a: "C:\\data"\n', "a backslash stands in a text in double quotes"),
        ("a: b\n\tc: d\n", "a tab indents this line"),
        ("a: - b\n", "a list begins in the line of its key"),
        ("a:\n  b: 1\n c: 2\n", "the indentation does not fit the lines above"),
        ("a: %x\n", "a value begins with a character YAML reserves"),
        ("a: \x01\n", "a control character stands here"),
    ],
)
def test_y01_common_slips_are_explained_with_what_to_do(text: str, sentence: str) -> None:
    [finding] = read(text).findings
    assert (finding.text, bool(finding.hint)) == (sentence, True)
