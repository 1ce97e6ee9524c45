"""File names from outside and of our own making: the cases F01 to F18."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.channels import names
from edi.errors import ChannelError

pytestmark = pytest.mark.storeless

HOSTILE = [
    pytest.param("../../etc/x", id="F01"),
    pytest.param("/abs/x", id="F02"),
    pytest.param("..\\..\\x", id="F03a"),
    pytest.param("C:\\x", id="F03b"),
    pytest.param("\\\\host\\c$", id="F03c"),
    pytest.param("%2e%2e%2f", id="F04"),
    pytest.param("a\0b", id="F05"),
    pytest.param("a\nb\tc\x1b[2J", id="F06"),
    pytest.param("", id="F07a"),
    pytest.param(".", id="F07b"),
    pytest.param("..", id="F07c"),
    pytest.param(":::", id="F07d"),
    pytest.param("x" * 300, id="F08a"),
    pytest.param("ü" * 255, id="F08b"),
    pytest.param("\udcff\udcfe.edi", id="F09"),
    pytest.param("a\u202efdp.exe\u200b", id="F10"),
    pytest.param("CON", id="F12a"),
    pytest.param("aux.txt", id="F12b"),
    pytest.param("x. ", id="F12c"),
    pytest.param("-rf", id="F13a"),
    pytest.param(";rm $(x) `y` 'z' \"q\"", id="F13b"),
    pytest.param(".hidden", id="F14"),
    pytest.param("*?", id="F15"),
    pytest.param("authorized_keys", id="F16"),
    pytest.param("<id@host/../x>", id="F18"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_of_our_making_is_one_harmless_component(name: str) -> None:
    made = names.safe(name)

    assert made
    assert len(made.encode()) <= 200
    assert not set(made) & set("/\\:*?\"'<>|;$`&\0\n\t\x1b \u202e\u200b")
    assert not made.startswith((".", "-"))
    assert not made.endswith((".", " "))
    assert made.upper().split(".")[0] not in {"CON", "NUL", "AUX", "PRN"}
    assert names.safe(made) == made


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_outside_is_shown_without_anything_a_terminal_obeys(name: str) -> None:
    """H08, T23."""
    assert names.quote(name.encode("utf-8", "surrogateescape")).isprintable()


@given(st.binary(max_size=300))
def test_a_shown_name_can_be_turned_back(raw: bytes) -> None:
    assert names.unquote(names.quote(raw)) == raw


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_two_names_are_never_shown_alike(one: bytes, other: bytes) -> None:
    assert (names.quote(one) == names.quote(other)) == (one == other)


@given(st.text(max_size=400))
def test_any_text_makes_a_safe_name_that_stays_as_it_is(text: str) -> None:
    """T33."""
    made = names.safe(text)

    assert 0 < len(made.encode()) <= 200
    assert "/" not in made
    assert names.safe(made) == made


def test_f11_twins_by_normal_form_get_one_name_and_by_case_two() -> None:
    assert names.safe("Bestellu\u0308ng.edi") == names.safe("Bestell\u00fcng.edi")
    assert names.safe("A.edi") != names.safe("a.edi")


def test_f08_a_long_name_keeps_its_suffix_and_whole_characters() -> None:
    made = names.safe("ü" * 255 + ".edi")

    assert made.endswith("ü.edi")
    assert len(made.encode()) <= 200


def test_a_suffixed_name_stays_within_the_bound() -> None:
    made = names.suffixed(names.safe("x" * 300 + ".edi"), "1a2b3c4d")

    assert made.endswith("x~1a2b3c4d.edi")
    assert len(made.encode()) <= 200


def test_a_template_takes_values_as_data() -> None:
    values = {"sender": "../ACME", "kind": "invoice", "number": "RE 7/2026.1"}

    assert names.render("{sender}_{type}_{ref}.edi", values, identity="i", filename="f.xml") == "ACME_invoice_RE_7_2026_1.edi"


def test_a_template_that_asks_for_what_is_not_there_says_so() -> None:
    with pytest.raises(ChannelError, match=r"asks for 'recipient', which this delivery does not have"):
        names.render("{recipient}.edi", {}, identity="i", filename="f.xml")


@pytest.mark.parametrize(("name", "expected"), [("a.edi", ("a", ".edi")), (".a", (".a", "")), ("a", ("a", "")), ("a.b.c", ("a.b", ".c"))])
def test_a_leading_dot_begins_no_suffix(name: str, expected: tuple[str, str]) -> None:
    assert names.stem_and_suffix(name) == expected
