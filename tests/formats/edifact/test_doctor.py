"""The charset doctor: declared against found, what would be lost, by each policy, with every character counted (field.md 18)."""

from __future__ import annotations

import pytest

from edi.formats.edifact import doctor
from edi.formats.edifact.charset import Policy
from tests.formats.edifact.building import interchange, message


def one(text: bytes, *, syntax: bytes = b"UNOC:3") -> doctor.CharsetReport:
    data = interchange(message("BGM+220+PO4711+9", "FTX+AAI+++TEXT")).replace(b"TEXT", text).replace(b"UNOC:3", syntax)
    (report,) = doctor.examine(data)
    return report


def test_what_is_declared_and_followed_needs_nothing() -> None:
    report = one("Grüße".encode("latin-1"))

    assert (report.declared, report.found, report.follows_declaration, report.foreign) == ("UNOC", "latin-1", True, ())
    assert {"nothing is to be done"} == set(report.outcomes.values())


def test_utf8_under_unoc_is_found_and_nothing_of_it_is_foreign() -> None:
    report = one("Grüße".encode())

    assert (report.found, report.follows_declaration, report.foreign_count) == ("utf-8", False, 0)


def test_characters_beyond_the_declared_set_are_counted_with_their_nearest_and_first_place() -> None:
    report = one("Größe ö 5 €".encode())

    assert [("€", 1, "EUR", False)] == [(each.character, each.count, each.nearest, each.is_lost) for each in report.foreign]
    assert "UNOW" == report.larger
    assert "written as UNOW" in report.outcomes[Policy.REPAIR]
    assert "1 characters replaced, 0 of them lost" in report.outcomes[Policy.TRANSLITERATE]


def test_what_transliterating_would_lose_is_counted() -> None:
    report = one("漢字漢".encode(), syntax=b"UNOB:3")

    assert [("漢", 2, "?"), ("字", 1, "?")] == [(each.character, each.count, each.nearest) for each in report.foreign]
    assert 3 == report.lost_count


def test_small_letters_under_unoa_become_capitals() -> None:
    report = one(b"Text", syntax=b"UNOA:3")

    assert {"e": "E", "x": "X", "t": "T"} == {each.character: each.nearest for each in report.foreign}
    assert "UNOB" == report.larger


def test_a_byte_that_is_no_text_is_shown_as_the_byte_it_was() -> None:
    report = one(b"\x81", syntax=b"UNOW:4")

    assert report.follows_declaration is False or ["\\x81"] == [each.character for each in report.foreign]
    assert report.as_dict()["declared"] == "UNOW"


@pytest.mark.parametrize("policy", Policy)
def test_every_policy_says_what_it_does(policy: Policy) -> None:
    assert one("5 €".encode()).outcomes[policy]
