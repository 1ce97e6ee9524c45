"""The worked examples against the shapes of the ERPs: every field is bound or ignored by name, and has its type."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from edi import mapping
from edi.formats import json as json_format
from edi.mapping.codecs.base import Value
from edi.mapping.result import Document

pytestmark = pytest.mark.storeless

VALUES = {
    "date": "2026-11-02",
    "decimal": 1.5,
    "decimal-as-string": "1.5",
    "boolean": False,
    "integer": 1,
    "datetime": "2026-11-02T09:00:00Z",
}


def filled(shape: object) -> object:
    """A document of a shape: something of its type in every field."""
    if isinstance(shape, dict):
        return {name: "WE" if name == "PartnerFunction" else filled(inner) for name, inner in shape.items()}
    if isinstance(shape, list):
        return [filled(inner) for inner in shape]
    return VALUES.get(str(shape), "PPR0" if shape == "string" else str(shape))


def odoo(text: str, model: str) -> object:
    """A document with the fields that a line of the description names."""
    line = next(line for line in text.splitlines() if re.match(rf"{re.escape(model)}[ :]", line))
    head, _, lines = line.partition("=[(0,0,{")
    names = [name.strip() for name in head.partition(": ")[2].split(",")]
    own = dict.fromkeys(names[:-1], "1") | ({"move_type": "in_invoice"} if model == "account.move" else {})
    numbers = {"product_uom_qty", "quantity", "price_unit", "discount"}
    rows = {name: 1 if name in numbers else "1" for name in re.split(r"[,|]\s*", lines.rstrip("})]"))}
    dates = dict.fromkeys({"date_order", "commitment_date", "invoice_date", "invoice_date_due"} & own.keys(), "2026-11-02")
    return {**own, **dates, names[-1]: [rows]}


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("business-central-order", "business-central/salesOrder.shape.json"),
        ("business-central-invoice", "business-central/purchaseInvoice.shape.json"),
        ("sap-s4-order", "sap-s4/salesOrderCreate.shape.json"),
        ("erpnext-order", "erpnext/sales_order.json"),
        ("erpnext-invoice", "erpnext/purchase_invoice.json"),
        ("odoo-order", "odoo/README.md sale.order"),
        ("odoo-invoice", "odoo/README.md account.move (in_invoice/out_invoice)"),
    ],
)
def test_every_field_of_the_shape_is_bound_or_ignored_by_name(reference: Path, name: str, file: str) -> None:
    path, _, model = file.partition(" ")
    text = (reference / "erp-json" / path).read_text(encoding="utf-8")
    given = odoo(text, model.partition(" ")[0]) if model else json.loads(text)
    document = filled(given) if "shape" in path else given[0] if isinstance(given, list) else given

    read = mapping.load(name).read(json_format.read(json.dumps(document).encode()).value, trace=True).value

    assert read is not None
    assert [one.segment for one in read.unmapped] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("business-central-order", '"quantity": 5,'),
        ("business-central-order", '"unitPrice": 3.50'),
        ("erpnext-order", '"rate": 3.50'),
        ("odoo-order", '"price_unit": 3.50'),
        ("odoo-order", '"discount": 10'),
        ("sap-s4-order", '"ConditionRateValue": "3.50"'),
    ],
)
def test_numbers_are_what_the_erp_takes(name: str, expected: str) -> None:
    line: dict[str, Value] = {
        "id": "1", "quantity": Decimal(5), "unit": "C62", "price": {"net": Decimal("3.50")},
        "allowance_charges": [{"is_charge": False, "percent": Decimal(10)}],
    }  # fmt: skip
    document = cast("Document", {"number": "1", "issue_date": "2026-11-02", "lines": [line]})
    spoke = mapping.load(name)
    written: Any = spoke.write(document).value

    text = spoke.as_bytes(written.output).decode()
    assert expected in text
    back = spoke.read(json_format.read(text.encode()).value).value
    assert back is not None
    assert cast("list[dict[str, Value]]", back.document["lines"])[0]["quantity"] == Decimal(5)
