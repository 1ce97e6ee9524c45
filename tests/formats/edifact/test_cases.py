"""The bad-input cases S01 to S40 and M01 to M22 that concern the format, by id: exactly these errors, and how a CONTRL says them."""

from __future__ import annotations

import pytest

from edi.errors import FormatError, LimitError
from edi.findings import Severity
from edi.formats.edifact import contrl, reader, rewrite, scanner, validation
from edi.formats.edifact.charset import Policy
from tests.formats.edifact.building import ORDER, check, errors, group, interchange, message, only

SECOND = message(reference="2")


def order(*changed: str, drop: str = "", after: str = "") -> str:
    """An order with segments replaced by tag, one dropped, or some put in after a tag."""
    body = []
    for segment in ORDER:
        tag = segment[:3]
        replacements = [each for each in changed if each[:3] == tag] if not after else []
        if tag == drop:
            continue
        body += replacements or [segment]
        if tag == after:
            body += changed
    return message(*dict.fromkeys(body)) if not after else message(*body)


def repeated(segment: str, count: int, after: str) -> str:
    body: list[str] = []
    for each in ORDER:
        body.append(each)
        if each[:3] == after:
            body += [segment] * count
            after = "-"
    return message(*body)


UNB = "UNB+UNOC:3+4012345000009:14+5412345000013:14+240131:1200+REF1'"

CASES = {
    "S03 truncated in UNB": (b"UNB+UNOC:3+401234", [("truncated", "13@UCI"), ("unb_incomplete", "None@None"), ("unz_missing", "13@UCI"), ("no_message", "32@UCI")]),
    "S04 truncated in a segment": (interchange()[:150], [("truncated", "13@UCI"), ("unz_missing", "13@UCI"), ("unt_missing", "13@UCM"), ("segment_missing", "13@UCS")]),
    "S05 UNZ missing": (interchange(unz=""), [("unz_missing", "13@UCI")]),
    "S06 UNT missing": (interchange(message().rpartition("UNT")[0], SECOND), [("unt_missing", "13@UCM")]),
    "S07 UNH missing": (interchange(message().partition("'")[2], SECOND, unz="UNZ+1+REF1'"), [("between_messages", "33@UCI"), ("envelope", "33@UCI")]),
    "S08 UNB without 0020": (interchange(unb="UNB+UNOC:3+A:14+B:14+240131:1200'", unz="UNZ+1+'"), [("unb_incomplete", "None@None")]),
    "S09 UNB without S002": (interchange(unb="UNB+UNOC:3++B:14+240131:1200+REF1'"), [("unb_incomplete", "None@None")]),
    "S10 UNOZ": (interchange(syntax="UNOZ:3"), [("syntax_identifier", "2@UCI")]),
    "S10 version 9": (interchange(syntax="UNOC:9"), [("syntax_version", "2@UCI")]),
    "S11 UNOA with small letters": (interchange(order("BGM+220+Po4711+9"), syntax="UNOA:3"), [("character", "21@UCD")]),
    "S12 UNZ 0036": (interchange(unz="UNZ+2+REF1'"), [("unz_count", "29@UCI")]),
    "S13 UNT 0074": (interchange(message(count=14)), [("unt_count", "29@UCM")]),
    "S14 UNZ 0020": (interchange(unz="UNZ+1+REF2'"), [("unz_reference", "28@UCI")]),
    "S15 UNT 0062": (interchange(message(closing="2")), [("unt_reference", "28@UCM")]),
    "S16 UNE 0060": (interchange(group(message(), count=2)), [("une_count", "29@UCF")]),
    "S16 UNE 0048": (interchange(group(message(), closing="G2")), [("une_reference", "28@UCF")]),
    "S17 groups and messages mixed": (interchange(message(), group(SECOND), unz="UNZ+1+REF1'"), [("mixed_levels", "30@UCI")]),
    "S18 two types in a group": (
        interchange(group(message(), message("BGM+380+1+9", reference="2", identifier="INVOIC:D:96A:UN"), kind="ORDERS")),
        [("group_mixed", "31@UCF"), ("segment_missing", "13@UCS"), ("segment_missing", "13@UCS"), ("segment_missing", "13@UCS")],
    ),
    "S19 no message": (interchange(unz="UNZ+0+REF1'").replace(message().encode(), b""), [("no_message", "32@UCI")]),
    "S20 empty group": (interchange(group()), [("group_empty", "32@UCF")]),
    "S21 segment between UNT and UNH": (interchange(message(), "BGM+220'" + SECOND), [("between_messages", "33@UCI")]),
    "S22 UNA with five characters": (interchange(una="UNA:+.?'"), [("una_malformed", "20@UCI")]),
    "S22 UNA with seven characters": (interchange(una="UNA:+.? !'"), [("una_malformed", "20@UCI")]),
    "S22 UNA with a character twice": (interchange(una="UNA++.? '"), [("una_malformed", "20@UCI")]),
    "S22 UNA with a letter": (interchange(una="UNA:A.? '"), [("una_malformed", "20@UCI")]),
    "S23 decimal mark ;": (interchange(una="UNA:+;? '"), [("decimal_mark", "19@UCI")]),
    "S24 UNA says comma, data says point": (interchange(order("QTY+21:5.5"), una="UNA:+,? '"), [("decimal_mark_differs", "19@UCD")]),
    "S25 unknown tag": (interchange(order("XYZ+1", after="DTM")), [("segment_unknown", "15@UCS")]),
    "S26 segment out of order": (interchange(order("BGM+220+1+9", after="QTY")), [("segment_unexpected", "15@UCS")]),
    "S27 mandatory segment missing": (interchange(order(drop="UNS")), [("segment_missing", "13@UCS")]),
    "S28 segment too often": (interchange(order("BGM+220+2+9", after="BGM")), [("segment_repeats", "35@UCS")]),
    "S29 group too often": (interchange(repeated("RFF+ON:1", 11, "DTM")), [("group_repeats", "36@UCS")]),
    "S30 too many elements": (interchange(order("QTY+21:5+7")), [("elements_too_many", "16@UCS")]),
    "S30 too many components": (interchange(order("QTY+21:5:PCE:8")), [("components_too_many", "16@UCD")]),
    "S32 UNOW with a broken sequence": (interchange(order("BGM+220+PO\xfc+9"), syntax="UNOW:4"), [("character", "21@UCD")]),
    "S32 UNOW overlong": (interchange(order("BGM+220+PO\xc0\xaf+9"), syntax="UNOW:4"), [("character", "21@UCD")]),
    "S32 UNOW surrogate": (interchange(order("BGM+220+PO\xed\xa0\x80+9"), syntax="UNOW:4"), [("character", "21@UCD")]),
    "S34 NUL in data": (interchange(order("BGM+220+PO\x00+9")), [("character", "21@UCD")]),
    "S34 end-of-file mark in data": (interchange(order("BGM+220+PO\x1a+9")), [("character", "21@UCD")]),
    "S35 last terminator released": (interchange()[:-1] + b"?'", [("terminator_released", "22@UCI"), ("unz_missing", "13@UCI")]),
    "S36 element separator at the end": (interchange(order("QTY+21:5+")), [("trailing_separator", "45@UCS")]),
    "S36 component separator at the end": (interchange(order("LIN+1++4000862141404:EN:")), [("trailing_separator", "45@UCS")]),
    "S37 too long": (interchange(order("BGM+220+" + "9" * 36 + "+9")), [("too_long", "39@UCD")]),
    "S38 letter in a number": (interchange(order("QTY+21:5A")), [("not_numeric", "37@UCD")]),
    "S39 no digit before the mark": (interchange(order("QTY+21:.5")), [("decimal_mark_alone", "38@UCD")]),
    "S39 thousands": (interchange(order("QTY+21:1,234.50")), [("not_numeric", "37@UCD")]),
    "S39 exponent": (interchange(order("QTY+21:1E3")), [("not_numeric", "37@UCD")]),
    "S39 two signs": (interchange(order("QTY+21:--5")), [("not_numeric", "37@UCD")]),
    "S39 Arabic-Indic digits": (interchange(order("QTY+21:\xd9\xa1"), syntax="UNOW:4"), [("not_numeric", "37@UCD")]),
    "S39 underscore": (interchange(order("QTY+21:1_000")), [("not_numeric", "37@UCD")]),
    "S40 star is text before version 4": (interchange(order("BGM+220+A*B+9"), una="UNA:+.?*'"), []),
    "M03 a message reference twice": (interchange(message(), message()), [("message_reference_twice", "26@UCM")]),
    "M14 UNH says ORDERS, the body is INVOIC": (
        interchange(message("BGM+380+1+9", "DTM+137:20240131:102", "UNS+S", "MOA+77:5", "TAX+7+VAT")),
        [("body_differs", "12@UCM")],
    ),
    "M15 unknown qualifier": (interchange(order("NAD+ZZQ+4012345000009::9")), [("code_unknown", "12@UCD")]),
    "M17 security segments": (interchange(order("USH+1+1+1+1", after="DTM"), syntax="UNOC:4"), [("security", "27@UCM")]),
    "M18 interactive envelope": (b"UIB+UNOC:4+1'UIZ+1'", [("interactive", "47@UCI"), ("no_message", "32@UCI")]),
    "M21 30 February": (interchange(order("DTM+137:20230230:102")), [("date", "12@UCD")]),
    "M21 14 digits under 102": (interchange(order("DTM+137:20230228123059:102")), [("date", "12@UCD")]),
    "M21 two-digit year": (interchange(order("DTM+137:230228:102")), [("date", "12@UCD")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_exactly_these_errors_are_found(case: str) -> None:
    data, expected = CASES[case]

    assert sorted(expected) == sorted(errors(check(data)))


@pytest.mark.parametrize("case", CASES)
def test_every_finding_says_where_and_what_to_do(case: str) -> None:
    for each in check(CASES[case][0]):
        assert each.hint
        assert each.where.offset is not None or each.where.tag is not None
        assert "\n" not in each.text


def test_s01_an_empty_file_is_refused() -> None:
    with pytest.raises(FormatError, match=r"edifact\.empty"):
        reader.read(b"\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 x",
        b"<?xml version='1.0'?><a/>",
        b"PK\x03\x04zip",
        b"\x89PNG\r\n\x1a\n",
        b"ISA*00*  *00*",
        b'{"UNB": 1}',
        "UNA:+.? 'UNB".encode("utf-16"),
    ],
)
def test_s02_what_is_not_edifact_is_refused(data: bytes) -> None:
    assert not reader.looks_like(data)
    with pytest.raises(FormatError, match=r"edifact\.not_edifact"):
        reader.read(data)


def test_s31_a_latin_1_byte_under_unoc_is_the_letter_it_is() -> None:
    found = only(interchange(order("BGM+220+M\xfcller+9")))

    assert found.messages[0].segments[1].get(2) == "Müller"
    assert found.all_findings() == ()


def test_s31_utf_8_under_unoc_is_read_as_declared_and_said() -> None:
    data = interchange(order("BGM+220+M\xc3\xbcller+9"))
    outcome = reader.read(data)

    assert [(each.code, each.severity) for each in outcome.findings] == [("edifact.charset_differs", Severity.WARNING)]
    assert only(data).messages[0].segments[1].get(2) == "MÃ¼ller"


def test_s31_utf_8_under_unoc_is_repaired_if_asked_for() -> None:
    outcome = reader.read(interchange(order("BGM+220+M\xc3\xbcller+9")), policy=Policy.REPAIR)

    assert outcome.value is not None
    assert outcome.value[0].messages[0].segments[1].get(2) == "Müller"


@pytest.mark.parametrize("junk", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_s33_a_byte_order_mark_is_a_warning(junk: bytes) -> None:
    assert [(each.code, each.severity) for each in check(junk + interchange())] == [("edifact.byte_order_mark", "warning")]


def test_s33_line_ends_between_segments_are_accepted_and_said_once() -> None:
    data = interchange(una="UNA:+.? '").replace(b"'", b"'\r\n")

    assert [each.code for each in check(data)] == ["edifact.line_ends"]


@pytest.mark.parametrize("reason", ["trailing_separator", "unt_count", "unz_count", "character"])
def test_s36_what_the_agreement_tolerates_is_a_warning_without_answer(reason: str) -> None:
    data = interchange(message(*ORDER[:1], "DTM+137:20240131:102+", "BGM+\x01", count=3), unz="UNZ+3+REF1'")
    tolerated = [each for each in check(data, tolerate=frozenset({reason})) if each.code == f"edifact.{reason}"]

    assert tolerated
    assert {("warning", None, None)} == {(each.severity.value, each.answer, each.level) for each in tolerated}


def test_s37_a_value_shorter_than_its_fixed_length_is_too_short() -> None:
    found = only(interchange(unb="UNB+UNOC:3+A:14+B:14+24131:1200+REF1'"))

    assert errors(list(validation.validate_envelope(found))) == [("too_short", "40@UCI")]


def test_s38_a_digit_in_an_alphabetic_value_is_said() -> None:
    found = only(interchange(syntax="UN1C:3"))

    assert ("not_alphabetic", "37@UCI") in errors(list(validation.validate_envelope(found)))


def test_s40_a_segment_without_end_is_refused_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "SEGMENT_BYTES_MAX", 100_000)
    with pytest.raises(LimitError, match=r"edifact\.limit: .* longer than 100000 bytes"):
        reader.read(interchange(order("FTX+AAI+++" + "X" * 500_000, after="DTM")))


def test_s40_star_repeats_under_version_4() -> None:
    found = only(interchange(order("BGM+220+A*B+9"), syntax="UNOC:4"))

    assert found.messages[0].segments[1].occurrences(2) == [["A"], ["B"]]


def test_m18_an_object_passes_through_untouched() -> None:
    content = b"PK'UNZ+1+X'\x00\xff?" * 20
    head = f"UNB+UNOC:4+A:14+B:14+20240131:1200+REF1'UNO+P1+ABC:1+1+{len(content)}'".encode()
    data = head + content + f"UNP+{len(content)}+P1'UNZ+1+REF1'".encode()
    outcome = reader.read(data)

    assert outcome.value is not None
    assert content == next(each for each in outcome.value[0].segments if each.tag == "UNO").attached
    assert errors(list(outcome.findings)) == []
    assert data == rewrite(outcome.value[0])


def test_m18_a_wrong_object_length_is_said_and_the_object_still_found() -> None:
    data = b"UNB+UNOC:4+A:14+B:14+20240131:1200+REF1'UNO+P1+ABC:1+1+99'abcUNP+3+P1'UNZ+1+REF1'"
    outcome = reader.read(data)

    assert errors(list(outcome.findings)) == [("object_length", "29@UCI")]


def test_m22_a_contrl_is_never_answered() -> None:
    found = only(interchange(message("UCI+REF1+A+B+7", identifier="CONTRL:D:3:UN")))

    assert not contrl.can_answer(found)
