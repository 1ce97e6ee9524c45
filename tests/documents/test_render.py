"""Documents as people read them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edi.documents.kinds import KINDS
from edi.documents.render import COLUMNS, HEAD, LINES_MAX, PARTIES, TOTALS, quantities, render, text

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(("kind", "number", "lines", "item", "name", "seller", "totals", "notes", "text", "quantity", "price", "order")), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


def test_amounts_keep_the_senders_digits() -> None:
    found = render({"kind": "invoice", "number": "R-1", "totals": {"payable": Decimal("10.500"), "tax": "0.00"}})

    assert [("tax", "0.00"), ("payable", "10.500")] == [(row.label, row.value) for row in found.totals]


def test_columns_that_nobody_fills_are_left_out() -> None:
    found = render(
        {"kind": "order", "number": "1", "lines": [{"id": "1", "quantity": "2"}, {"id": "2", "item": {"gtin": "4000862141404"}}]}
    )

    assert ("id", "item.gtin", "quantity") == found.lines.columns
    assert (("1", "", "2"), ("2", "4000862141404", "")) == found.lines.rows


def test_of_very_many_lines_the_rest_is_counted() -> None:
    found = render({"kind": "order", "number": "1", "lines": [{"id": str(index)} for index in range(LINES_MAX + 5)]})

    assert (LINES_MAX, 5) == (len(found.lines.rows), found.lines.left_out)
    assert text(found).endswith("... and 5 more lines\n")


def test_a_price_for_more_than_one_says_for_how_many() -> None:
    found = render({"lines": [{"price": {"net": "305.00", "base_quantity": "100"}}]})

    assert (("305.00 / 100",),) == found.lines.rows


def test_lines_of_different_documents_meet_by_their_item() -> None:
    lines = [
        {"id": "1", "quantity": "5", "item": {"gtin": "4000862141404", "buyer_id": "8"}},
        {"id": "2", "quantity": "6", "item": {"seller_id": "K-1", "name": "Cable"}},
        {"id": "9", "quantity": "x", "order_line": {"line": "3"}},
    ]

    found = list(quantities({"lines": lines}))

    assert [("4000862141404", Decimal(5)), ("K-1", Decimal(6)), ("#3", None)] == [(key, quantity) for key, _, quantity, _ in found]


@given(ANYTHING)
def test_whatever_a_document_holds_it_is_rendered(value: object) -> None:
    document = value if isinstance(value, dict) else {"lines": [value], "seller": value, "number": value}

    assert text(render(document)).endswith("\n")
    assert list(quantities(document)) is not None


def test_every_field_that_is_shown_is_one_of_a_documents_fields() -> None:
    from edi.documents.fields import resolve

    known = [name for name in (*HEAD, *PARTIES) if any(resolve(kind, name) for kind in KINDS)]
    sums = [name for name in TOTALS if resolve("invoice", f"totals.{name}")]
    columns = [name for name in COLUMNS if any(resolve(kind, f"lines.{name}") for kind in KINDS)]

    assert [*HEAD, *PARTIES] == known
    assert list(TOTALS) == sums
    assert list(COLUMNS) == columns
