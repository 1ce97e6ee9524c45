"""A document as rows for people."""

from __future__ import annotations

import pytest

from edi.formats.ubl import reader, view
from tests.formats.ubl.invoices import attachment, invoice


def rows(data: bytes) -> list[view.Row]:
    document = reader.read(data).value
    assert document is not None
    return list(view.rows(document))


def test_every_element_has_a_row_with_depth_words_value_and_type() -> None:
    shown = [(row.depth, row.name, row.words, row.value, row.type) for row in rows(invoice()) if "Price" in row.path or row.depth == 0]

    assert shown == [
        (0, "Invoice", "Invoice", "", ""),
        (2, "cac:Price", "Price", "", ""),
        (3, "cbc:PriceAmount", "Price amount", "5.00", "amount"),
    ]


def test_rows_carry_attributes_line_and_path() -> None:
    row = next(
        row
        for row in rows(invoice(lines=2).replace(b"<cac:InvoiceLine>", b"\n<cac:InvoiceLine>"))
        if row.path == "/Invoice/cac:InvoiceLine[2]/cbc:InvoicedQuantity"
    )

    assert (row.attributes, row.line, row.value) == ((("unitCode", "C62"),), 3, "2")


def test_long_values_are_shortened() -> None:
    row = next(row for row in rows(invoice(extra=attachment("QUJD" * 1000))) if row.name == "cbc:EmbeddedDocumentBinaryObject")

    assert row.value.endswith("... (4000 characters)")
    assert len(row.value) < 100


def test_what_the_tables_do_not_know_is_shown_all_the_same() -> None:
    row = next(row for row in rows(invoice(extra='<cbc:Nonsense x="1">y</cbc:Nonsense>')) if row.name == "cbc:Nonsense")

    assert (row.value, row.attributes, row.type) == ("y", (("x", "1"),), "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("InvoiceLine", "Invoice line"),
        ("ID", "ID"),
        ("schemeID", "Scheme ID"),
        ("UBLVersionID", "UBL version ID"),
        ("WebsiteURI", "Website URI"),
        ("Name", "Name"),
        ("currencyID", "Currency ID"),
        ("x", "X"),
    ],
)
def test_names_become_words(name: str, words: str) -> None:
    assert view.words_of(name) == words
