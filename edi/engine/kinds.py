"""Which document kind a message type is, as the field uses them; and which messages are acknowledgements."""

from __future__ import annotations

from typing import Final

EDIFACT: Final = {
    "ORDERS": "order",
    "ORDCHG": "order_change",
    "ORDRSP": "order_response",
    "DESADV": "despatch_advice",
    "RECADV": "receiving_advice",
    "INVOIC": "invoice",
    "REMADV": "remittance_advice",
    "PRICAT": "price_catalogue",
    "INVRPT": "inventory_report",
    "CONTRL": "contrl",
    "APERAK": "aperak",
}
CREDIT_NOTES: Final = frozenset({"81", "83", "381", "396", "532"})
"""BGM 1001 of an INVOIC that gives money back."""
UBL: Final = {
    "Order": "order",
    "OrderChange": "order_change",
    "OrderResponse": "order_response",
    "OrderResponseSimple": "order_response",
    "DespatchAdvice": "despatch_advice",
    "ReceiptAdvice": "receiving_advice",
    "Invoice": "invoice",
    "CreditNote": "credit_note",
    "RemittanceAdvice": "remittance_advice",
    "Catalogue": "price_catalogue",
    "InventoryReport": "inventory_report",
    "ApplicationResponse": "application_response",
}
ACKNOWLEDGEMENTS: Final = frozenset({"contrl", "aperak"})
"""Never answered (P20), never routed: they settle what we wait for."""

ANSWERS: Final = frozenset({"order_response", "application_response"})
"""Documents that say what became of another one."""

ISSUED_BY_BUYER: Final = frozenset({"order", "order_change", "receiving_advice", "remittance_advice", "inventory_report"})
"""All others are issued by the seller, the application response by whoever answers."""


def answer_kind(kind: str) -> str:
    """Which kind of document answers a kind: orders have an answer of their own."""
    return "order_response" if kind in {"order", "order_change"} else "application_response"


def edifact_kind(message_type: str, document_code: str) -> str | None:
    """The kind of a UNH 0065 and BGM 1001; None for a message that is none of ours."""
    if message_type == "INVOIC" and document_code in CREDIT_NOTES:
        return "credit_note"
    return EDIFACT.get(message_type)
