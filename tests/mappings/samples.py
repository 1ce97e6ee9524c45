"""Documents that carry what the Peppol rules ask for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Document = dict[str, Any]
D = Decimal


def address(city: str) -> Document:
    return {"street": "Industriestr. 5", "city": city, "postcode": "50667", "country": "DE"}


SELLER: Document = {
    "gln": "4012345500004",
    "name": "Muster Lieferant GmbH",
    "vat_id": "DE123456788",
    "address": address("Köln"),
    "contacts": [{"name": "Erika Muster", "phone": "+49 221 1234", "email": "e.muster@muster.example"}],
}
BUYER: Document = {
    "gln": "4054321000009",
    "name": "Acme Handels AG",
    "vat_id": "DE987654321",
    "address": address("Bonn"),
    "contacts": [{"name": "Sabine Brandt", "email": "sabine.brandt@acme.example"}],
}
SHIP_TO: Document = {"gln": "4054321000108", "name": "Acme Lager", "address": address("München")}
ITEM: Document = {"gtin": "4000862141404", "seller_id": "ABC5343", "name": "Schraubendreher-Satz"}

ORDER: Document = {
    "kind": "order",
    "number": "4711",
    "type_code": "220",
    "issue_date": "2025-11-17",
    "currency": "EUR",
    "seller": SELLER,
    "buyer": BUYER,
    "buyer_reference": "EK-44",
    "contract": "RV-1",
    "notes": [{"text": "Rampe 3"}],
    "period": {"end": "2025-12-31"},
    "ship_to": SHIP_TO,
    "delivery": {"requested_period": {"start": "2025-11-24", "end": "2025-11-26"}, "terms_code": "DDP"},
    "totals": {
        "line_net": D("1194.00"),
        "tax": D("226.86"),
        "tax_exclusive": D("1194.00"),
        "tax_inclusive": D("1420.86"),
        "payable": D("1420.86"),
    },
    "lines": [
        {
            "id": "1",
            "quantity": D(120),
            "unit": "C62",
            "net_amount": D("1194.00"),
            "price": {"net": D("9.95"), "base_quantity": D(1), "unit": "C62"},
            "tax": {"category": "S", "rate": D(19)},
            "item": ITEM,
        }
    ],
}
RESPONSE: Document = {
    "kind": "order_response",
    "number": "AB-1",
    "issue_date": "2025-11-18",
    "response": "changed",
    "currency": "EUR",
    "seller": SELLER,
    "buyer": BUYER,
    "order": {"number": "4711"},
    "delivery": {"promised_period": {"start": "2025-11-24", "end": "2025-11-26"}},
    "lines": [
        {
            "id": "1",
            "status": "changed",
            "order_line": {"line": "1"},
            "quantity": D(100),
            "unit": "C62",
            "backorder_quantity": D(20),
            "price": {"net": D("9.95")},
            "item": ITEM,
        }
    ],
}
DESPATCH: Document = {
    "kind": "despatch_advice",
    "number": "LS-1",
    "type_code": "351",
    "issue_date": "2025-11-24",
    "seller": SELLER,
    "buyer": BUYER,
    "ship_to": SHIP_TO,
    "order": {"number": "4711"},
    "despatch_date": "2025-11-24",
    "delivery": {"estimated": "2025-11-25"},
    "shipment": {"gross_weight": D("245.5"), "weight_unit": "KGM", "package_count": D(1)},
    "handling_units": [{"id": "1", "sscc": "354123450000000014", "type": "201", "gross_weight": D("245.5"), "weight_unit": "KGM"}],
    "lines": [
        {
            "id": "1",
            "quantity": D(100),
            "unit": "C62",
            "outstanding_quantity": D(20),
            "outstanding_reason": "nicht lieferbar",
            "order_line": {"line": "1", "order": "4711"},
            "handling_unit": "1",
            "item": ITEM,
            "instances": [{"lot": "L77", "best_before": "2026-09-30"}],
        }
    ],
}
