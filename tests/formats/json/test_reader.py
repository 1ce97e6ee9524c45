"""The bad cases of reliability 4.4 that concern the syntax, by their ids, and what good JSON becomes."""

from __future__ import annotations

import codecs
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.formats.json import looks_like, read


def codes(data: bytes) -> list[str]:
    outcome = read(data, source="in.json")
    assert outcome.value is None
    return [finding.code for finding in outcome.findings]


@pytest.mark.parametrize("data", [b"", b"  \r\n\t"])
def test_j01_an_empty_file_is_named_empty(data: bytes) -> None:
    assert codes(data) == ["json.empty"]


@pytest.mark.parametrize("data", [b"UNA:+.? 'UNB+", b"<Invoice/>", b'{"a": 1', b'{"a" 1}', b"{} {}", b"\xff\xfe\x00"])
def test_j02_what_is_not_json_is_refused(data: bytes) -> None:
    assert codes(data)[0] in {"json.syntax", "json.encoding"}


def test_j02_the_place_of_the_fault_is_named() -> None:
    (finding,) = read(b'{\n  "a": nope\n}', source="in.json").findings

    assert str(finding).startswith("in.json, line 2 column 8: this is not JSON: expecting value, found 'nope")


@pytest.mark.parametrize("data", [b'{"a": 1,}', b"[1,]", b'{"a": 1} // c', b'{/* c */ "a": 1}'])
def test_j03_trailing_commas_and_comments_are_refused(data: bytes) -> None:
    assert codes(data) == ["json.syntax"]


def test_j04_a_key_that_stands_twice_is_refused_with_its_path_and_line() -> None:
    (finding,) = read(b'{"lines": [{"id": "1"},\n {"id": "2", "id": "3"}]}').findings

    assert (finding.code, finding.where.path, finding.where.line, finding.where.column) == ("json.duplicate_key", "lines[1].id", 2, 14)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_j05_what_is_not_a_number_is_refused(number: bytes) -> None:
    assert codes(b'{"a": ' + number + b"}") == ["json.not_a_number"]


@pytest.mark.parametrize("number", [b"1e400", b"1E-400", b"-1e999999999"])
def test_j05_a_number_beyond_all_amounts_is_refused(number: bytes) -> None:
    assert codes(b'{"a": ' + number + b"}") == ["json.limit"]


def test_j06_money_keeps_its_own_digits() -> None:
    assert {"a": Decimal("0.10"), "b": 7, "c": Decimal(100000)} == read(b'{"a": 0.10, "b": 7, "c": 1e5}').value
    assert str(read(b"[0.10]").value[0]) == "0.10"  # type: ignore[index]


def test_j07_a_number_of_5000_digits_is_refused() -> None:
    assert codes(b"[" + b"9" * 5000 + b"]") == ["json.limit"]
    assert codes(b"[0." + b"9" * 5000 + b"]") == ["json.limit"]


def test_j08_a_depth_of_100000_is_refused() -> None:
    assert codes(b"[" * 100_000 + b"]" * 100_000) == ["json.limit"]
    assert codes(b'{"a":' * 101 + b"1" + b"}" * 101) == ["json.limit"]


def test_j08_brackets_inside_texts_do_not_count_as_depth() -> None:
    assert read(b'["' + b"[" * 500 + b'"]').value == ["[" * 500]


def test_j09_a_lone_surrogate_is_refused_where_it_stands() -> None:
    (finding,) = read(rb'{"name": "a\ud800b"}').findings

    assert (finding.code, finding.where.path) == ("json.surrogate", "name")


def test_j09_a_pair_of_surrogates_is_one_character() -> None:
    assert read(rb'["\ud83d\ude00"]').value == ["😀"]


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        (codecs.BOM_UTF8 + b'{"a": "\xc3\xa4"}', "info"),
        ('{"a": "ä"}'.encode("utf-16"), "warning"),
        ('{"a": "ä"}'.encode("utf-16-be"), "warning"),
    ],
)
def test_j10_other_unicode_encodings_are_read_and_mentioned(data: bytes, severity: str) -> None:
    outcome = read(data)

    assert outcome.value == {"a": "ä"}
    assert [("json.encoding", severity)] == [(finding.code, finding.severity) for finding in outcome.findings]


def test_j10_latin_1_is_refused_with_the_byte() -> None:
    (finding,) = read('{"a": "ä"}'.encode("latin-1")).findings

    assert (finding.code, finding.where.offset) == ("json.encoding", 7)


def test_j15_raw_control_characters_are_refused_and_escaped_ones_read() -> None:
    assert codes(b'["a\x01b"]') == ["json.syntax"]
    assert read(rb"""["a\u0001b'+:?"]""").value == ["a\x01b'+:?"]


def test_j15_a_line_of_10_kilobytes_is_read() -> None:
    assert read(b'["' + b"x" * 10_000 + b'"]').value == ["x" * 10_000]


def test_all_faults_are_found_in_one_pass() -> None:
    assert codes(b'{"a": NaN, "a": 2, "b": [Infinity]}') == ["json.not_a_number", "json.duplicate_key", "json.not_a_number"]


@pytest.mark.parametrize("data", [b'{"a":1}', b" \n[1]", codecs.BOM_UTF8 + b"{}", '{"a": 1}'.encode("utf-16")])
def test_json_is_recognised(data: bytes) -> None:
    assert looks_like(data)


@pytest.mark.parametrize("data", [b"", b"UNB+UNOA:3", b"<a/>", b"true"])
def test_what_is_not_json_is_not_recognised(data: bytes) -> None:
    assert not looks_like(data)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0d8e1-. NaInfity', max_size=60).map(str.encode))
def test_any_bytes_give_a_value_or_findings(data: bytes) -> None:
    outcome = read(data)

    assert outcome.findings or outcome.value is not None or b"null" in data
