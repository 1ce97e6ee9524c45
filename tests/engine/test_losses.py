"""A document of our own house loses nothing on its way out unless the route accepts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edi.channels import directory
from edi.engine.translate import Mappings
from edi.findings import has_errors
from edi.workspace.init import init
from edi.workspace.loader import load
from tests.engine.house import StillClock

DOCUMENT: dict[str, object] = {"kind": "invoice", "number": "R-1", "lines": [{"item": {"name": "Saw", "origin_country": "DE"}}]}


def test_a_field_the_output_cannot_carry_is_an_error_until_the_route_accepts_its_loss(tmp_path: Path) -> None:
    init(tmp_path / "w")
    workspace = load(tmp_path / "w", kinds={"directory": directory.Settings})
    [route] = [route for route in workspace.routes if route.name == "nordwind-invoices"]
    mappings = Mappings(workspace, StillClock())
    document = {**DOCUMENT, "buyer": {"references": [{"type": "IT", "number": "77"}]}}

    found = mappings.losses(route, "ubl-invoice", document)

    assert [
        "ubl-invoice cannot write buyer.references.type, which the document has",
        "ubl-invoice cannot write buyer.references.number, which the document has",
    ] == [finding.text for finding in found]
    assert has_errors(found)
    assert mappings.losses(route.model_copy(update={"accept_loss": ("buyer.references.*",)}), "ubl-invoice", document) == ()
    assert mappings.losses(route, "ubl-invoice", DOCUMENT) == ()


def test_what_a_message_of_others_loses_is_foreseen_and_costs_nothing_here(tmp_path: Path) -> None:
    init(tmp_path / "w")
    workspace = load(tmp_path / "w", kinds={"directory": directory.Settings})
    [route] = [route for route in workspace.routes if route.name == "acme-orders"]
    mappings = Mappings(replace(workspace), StillClock())
    assert mappings.losses(route, "erp-order", {"kind": "order", "x": {"anything": "1"}}) == ()
