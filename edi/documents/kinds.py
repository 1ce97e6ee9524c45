"""The kinds of document we know, and the model of each.

The names are known at once, the models when one is asked for: making them is a third of a second that a look at the store need not wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from edi.errors import ConfigError

if TYPE_CHECKING:
    from edi.documents.heads import Head

KINDS: Final = (
    "order", "order_change", "order_response", "despatch_advice", "receiving_advice", "invoice", "credit_note", "remittance_advice",
    "price_catalogue", "inventory_report", "application_response",
)  # fmt: skip


def model(kind: str) -> type[Head]:
    """The Pydantic model of a kind. Raises ConfigError for a kind we do not know."""
    if kind not in KINDS:
        raise ConfigError(f"unknown kind of document {kind!r}", hint=f"one of: {', '.join(KINDS)}")
    return _models()[kind]


@cache
def _models() -> Mapping[str, type[Head]]:
    from edi.documents import answers, deliveries, invoices, orders, reports  # noqa: PLC0415 -- see above

    classes = (
        orders.Order, orders.OrderChange, orders.OrderResponse, deliveries.DespatchAdvice, deliveries.ReceivingAdvice, invoices.Invoice,
        invoices.CreditNote, reports.RemittanceAdvice, reports.PriceCatalogue, reports.InventoryReport, answers.ApplicationResponse,
    )  # fmt: skip
    return MappingProxyType(dict(zip(KINDS, classes, strict=True)))
