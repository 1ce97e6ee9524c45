"""What is written can be read again, to the digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.errors import FormatError
from edi.formats.json import read, write

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12).filter(
    lambda number: number != 0
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES.map(lambda value: {"value": value}), st.booleans(), st.sampled_from([None, 2]))
def test_what_is_written_with_numbers_reads_back_the_same(value: object, sort: bool, indent: int | None) -> None:
    outcome = read(write(value, decimals="number", sort=sort, indent=indent))

    assert value == outcome.value
    assert outcome.findings == ()


def test_decimals_are_texts_unless_asked_for() -> None:
    assert write({"a": Decimal("12.50"), "b": 3}, indent=None) == b'{"a": "12.50", "b": 3}\n'
    assert write({"a": Decimal("12.50")}, decimals="number", indent=None) == b'{"a": 12.50}\n'


def test_large_decimals_have_no_exponent() -> None:
    assert write([Decimal("1E+5"), Decimal("1E-7")], indent=None) == b'["100000", "0.0000001"]\n'


def test_the_order_of_the_document_is_kept_unless_sorted() -> None:
    assert write({"b": 1, "a": 2}, indent=None) == b'{"b": 1, "a": 2}\n'
    assert write({"b": 1, "a": 2}, indent=None, sort=True) == b'{"a": 2, "b": 1}\n'


def test_people_can_read_it() -> None:
    assert '{\n  "name": "Köln",\n  "lines": [\n    "1"\n  ],\n  "x": {}\n}\n'.encode() == write({"name": "Köln", "lines": ["1"], "x": {}})


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(FormatError):
        write({"name": "a\ud800"})


def test_a_float_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        write({"price": 0.1})
