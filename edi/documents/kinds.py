"""The kinds of document we know, and the model of each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edi.documents.answers import ApplicationResponse
from edi.documents.deliveries import DespatchAdvice, ReceivingAdvice
from edi.documents.heads import Head
from edi.documents.invoices import CreditNote, Invoice
from edi.documents.orders import Order, OrderChange, OrderResponse
from edi.documents.reports import InventoryReport, PriceCatalogue, RemittanceAdvice
from edi.errors import ConfigError

MODELS: Final[Mapping[str, type[Head]]] = MappingProxyType(
    {
        "order": Order,
        "order_change": OrderChange,
        "order_response": OrderResponse,
        "despatch_advice": DespatchAdvice,
        "receiving_advice": ReceivingAdvice,
        "invoice": Invoice,
        "credit_note": CreditNote,
        "remittance_advice": RemittanceAdvice,
        "price_catalogue": PriceCatalogue,
        "inventory_report": InventoryReport,
        "application_response": ApplicationResponse,
    }
)
KINDS: Final = tuple(MODELS)


def model(kind: str) -> type[Head]:
    """The Pydantic model of a kind. Raises ConfigError for a kind we do not know."""
    if kind not in MODELS:
        raise ConfigError(f"unknown kind of document {kind!r}", hint=f"one of: {', '.join(KINDS)}")
    return MODELS[kind]
