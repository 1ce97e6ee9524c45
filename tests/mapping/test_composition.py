"""What two spokes both carry whole crosses from one to the other unchanged."""

from __future__ import annotations

import pytest

from edi import mapping
from edi.mapping import laws

PAIRS = [
    ("orders-eancom", "erp-order"),
    ("invoic-eancom", "erp-invoice"),
    ("desadv-eancom", "erp-despatch-advice"),
    ("ubl-order", "erp-order"),
]
EXCEPT = {"lines.price.unit", "lines.item.classifications.list"}
"""Written only beside another value: the unit with its base quantity, the list with a code of that list."""


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_erps_form_loses_nothing(first: str, second: str) -> None:
    report = laws.composition(mapping.load(first), mapping.load(second), 10)

    assert [] == report.failures


@pytest.mark.parametrize(
    ("first", "second"),
    [("orders-eancom", "ubl-order"), ("invoic-eancom", "ubl-invoice"), ("ubl-order", "orders-eancom"), ("ubl-invoice", "invoic-eancom")],
)
def test_edifact_and_ubl_meet_in_the_document(first: str, second: str) -> None:
    report = laws.composition(mapping.load(first), mapping.load(second), 10)

    assert set() == {laws.unindexed(failure.path) for failure in report.failures} - EXCEPT


def test_what_is_carried_in_part_is_named_with_the_reason() -> None:
    partly = mapping.load("ubl-order").partly()

    assert "only the first of contacts" == partly["seller.contacts.name"]
    assert "only the date" == partly["period.end"]
