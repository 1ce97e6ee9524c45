from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.errors import FormatError
from edi.formats import edifact
from edi.formats.edifact.charset import CHARSETS, Policy, charset_of, found_encoding, transliterate
from tests.formats.edifact.building import interchange, message, only

SAMPLES = {
    "UNOA": "MUELLER 5,3", "UNOB": "Mueller", "UNOC": "Müller", "UNOD": "Łódź", "UNOE": "Москва", "UNOF": "Αθήνα", "UNOG": "Ħal", "UNOH": "Rīga", "UNOI": "مصر",
    "UNOJ": "שלום", "UNOK": "Şişli", "UNOL": "5 €", "UNOW": "東京 €", "UNOX": "東京", "UNOY": "東京 €", "KECA": "서울",
}  # fmt: skip


@pytest.mark.parametrize("identifier", CHARSETS)
def test_each_character_set_is_read_and_written_as_unb_declares(identifier: str) -> None:
    text = SAMPLES[identifier]
    envelope = _envelope(identifier)
    data = edifact.write_interchange(envelope, [_message(text)])
    found = only(data)

    assert found.messages[0].segments[1].get(2) == text
    assert [each.code for each in found.all_findings()] == []
    assert edifact.rewrite(found) == data


def test_an_unknown_identifier_is_read_as_latin_1() -> None:
    assert charset_of("IATA").encoding == "latin-1"


def test_utf_8_is_found_under_another_name() -> None:
    assert found_encoding("Müller".encode(), CHARSETS["UNOC"]) == "utf-8"


def test_windows_1252_is_found_under_latin_1() -> None:
    assert found_encoding(b"5 \x80", CHARSETS["UNOC"]) == "cp1252"


def test_plain_text_says_nothing_about_its_encoding() -> None:
    assert found_encoding(b"Mueller", CHARSETS["UNOW"]) is None


@pytest.mark.parametrize(
    ("text", "identifier", "expected"),
    [
        ("Müller", "UNOA", "MUELLER"),
        ("Müller", "UNOB", "Mueller"),
        ("5 €", "UNOC", "5 EUR"),
        ("Łódź", "UNOC", "Lódz"),
        ("ß", "UNOA", "SS"),
        ("東", "UNOC", "?"),
    ],
)
def test_transliteration_takes_the_nearest_characters(text: str, identifier: str, expected: str) -> None:
    assert transliterate(text, CHARSETS[identifier])[0] == expected


def test_transliteration_names_what_it_replaced() -> None:
    assert transliterate("Müller & Söhne", CHARSETS["UNOB"])[1] == "üö"


@given(st.text(max_size=20), st.sampled_from(["UNOA", "UNOB", "UNOC", "UNOD"]))
def test_transliterated_text_fits_the_set(text: str, identifier: str) -> None:
    charset = CHARSETS[identifier]

    assert all(charset.holds(each) for each in transliterate(text, charset)[0])


def test_strict_writing_refuses_what_the_set_lacks() -> None:
    with pytest.raises(FormatError, match="'€'"):
        edifact.write_interchange(_envelope("UNOC"), [_message("5 €")])


def test_repairing_writes_the_next_larger_set_and_says_so() -> None:
    outcome = edifact.write(_envelope("UNOA"), [_message("Müller")], policy=Policy.REPAIR)

    assert outcome.value is not None
    assert b"UNB+UNOC:3" in outcome.value
    assert [each.code for each in outcome.findings] == ["edifact.charset_raised"]


def test_transliterating_says_what_was_replaced_and_where() -> None:
    outcome = edifact.write(_envelope("UNOB"), [_message("Müller")], policy=Policy.TRANSLITERATE)

    assert outcome.value is not None
    assert b"BGM+220+Mueller" in outcome.value
    (said,) = outcome.findings
    assert (said.code, said.where.segment, said.where.element, said.value) == ("edifact.transliterated", 2, 2, "Müller")


def test_utf_8_found_late_in_a_long_interchange_is_still_found() -> None:
    bodies = [message(reference=str(number)) for number in range(1, 1000)]
    data = interchange(*bodies, message("BGM+220+M\xc3\xbcller+9", reference="1000"))

    assert "edifact.charset_differs" in {each.code for each in edifact.read(data).findings}


def _envelope(identifier: str) -> edifact.EnvelopeValues:
    from datetime import UTC, datetime

    return edifact.EnvelopeValues(
        sender=edifact.InterchangeParty("A", "14"),
        recipient=edifact.InterchangeParty("B", "14"),
        control_reference="1",
        prepared=datetime(2024, 1, 31, 12, 0, tzinfo=UTC),
        syntax_identifier=identifier,
        syntax_version="4" if identifier in ("UNOL", "UNOW", "UNOX", "UNOY", "KECA") else "3",
    )


def _message(text: str) -> edifact.OutMessage:
    return edifact.OutMessage(
        reference="1",
        identifier=edifact.MessageIdentifier.from_text("ORDERS:D:96A:UN"),
        segments=[edifact.Segment("BGM", [["220"], [text], ["9"]])],
    )
