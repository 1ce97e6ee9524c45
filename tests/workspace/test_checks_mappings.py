"""Routes are followed through their mappings: kinds meet, expressions compile, agreed messages are written, losses are accepted."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from edi import mapping
from edi.channels import directory
from edi.formats.yaml.problem import Problem
from edi.workspace.init import init
from edi.workspace.loader import examine
from edi.workspace.loss import is_accepted, loss_findings, losses

Changed = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """The starter workspace with one text replaced in one file; its problems."""
    folder = tmp_path / "w"
    init(folder)

    def change(path: str = "routes.yaml", old: str = "", new: str = "") -> tuple[Problem, ...]:
        text = (folder / path).read_text(encoding="utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")
        return examine(folder, kinds={"directory": directory.Settings}, compile_mappings=True)[1]

    return change


def test_the_starter_workspace_is_right_with_every_mapping_compiled(changed: Changed) -> None:
    assert changed() == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: order}", "kind: invoice}", "the route is for 'invoice', its mapping 'orders-eancom' reads 'order'"),
        ("read: orders-eancom", "read: erp-invoice", "the route is for 'order', its mapping 'erp-invoice' reads 'invoice'"),
        ("write: erp-order", "write: erp-invoice", "orders-eancom reads order, erp-invoice writes invoice"),
        ("write: invoic-eancom", "write: ubl-invoice", "ubl-invoice does not write what was agreed with 'acme': INVOIC:D:96A:UN:EAN008"),
        ("accept_loss: []", "accept_loss: [lines.itm.gtin]", "order has no field 'lines.itm.gtin'"),
        ("kind: order}", "kind: order, content: 'open(1)'}", "unknown function 'open'"),
        ("write: erp-order,", "write: erp-order, when: 'lines[0].x',", "only paths of fields can be dotted"),
        ("write: erp-order,", "write: ubl-order,", "orders-eancom reads "),
    ],
)
def test_what_does_not_fit_a_mapping_is_told_at_the_route(changed: Changed, old: str, new: str, expected: str) -> None:
    found = [problem for problem in changed(old=old, new=new) if problem.file == "routes.yaml"]
    assert any(problem.text.startswith(expected) for problem in found), "\n".join(map(str, found))


def test_a_problem_in_a_mapping_is_told_at_its_line(changed: Changed) -> None:
    found = changed("mappings/orders-eancom.map.yaml", "kind: order", "kind: ordr")
    assert {("mappings/orders-eancom.map.yaml", "unknown kind 'ordr'")} <= {(problem.file, problem.text) for problem in found}


def test_a_loss_that_the_route_accepts_is_no_problem(changed: Changed) -> None:
    lost = mapping.cannot_cross(mapping.load("orders-eancom"), mapping.load("ubl-order"))
    assert lost
    accepted = "[" + ", ".join(sorted(lost)) + "]"
    changed(old="accept_loss: []", new=f"accept_loss: {accepted}")
    found = changed(old="write: erp-order,", new="write: ubl-order,")
    assert [problem for problem in found if problem.code == "config.loss"] == []


def test_fields_of_a_document_that_the_output_cannot_carry_are_named_once() -> None:
    document = {
        "kind": "order",
        "number": "1",
        "lines": [{"item": {"name": "a"}, "quantity": Decimal(1)}, {"item": {"name": "b"}}],
        "buyer": {"gln": "4", "name": None},
    }
    carried = {"number", "lines.quantity"}
    assert losses("order", document, carried, ()) == ("lines.item.name", "buyer.gln")
    assert losses("order", document, carried, ("buyer.*",)) == ("lines.item.name",)
    found = loss_findings("order", document, carried, ("buyer.*",), mapping="orders-eancom", route="r")
    assert ["orders-eancom cannot write lines.item.name, which the document has"] == [finding.text for finding in found]


@pytest.mark.parametrize(
    ("path", "accepted", "expected"),
    [
        ("invoicee.name", ("invoicee.*",), True),
        ("invoicee", ("invoicee.*",), True),
        ("invoicee_x", ("invoicee.*",), False),
        ("a.b", ("a.b",), True),
        ("a.b.c", ("a.b",), False),
    ],
)
def test_a_field_is_accepted_by_its_name_or_by_one_above_it(path: str, accepted: tuple[str, ...], expected: bool) -> None:
    assert is_accepted(path, accepted) is expected


def test_the_daemon_compiles_only_what_routes_use(tmp_path: Path) -> None:
    from edi.workspace.init import init

    init(tmp_path / "w")
    (tmp_path / "w/mappings/unused.map.yaml").write_text("mapping: unused\nkind: order\nsyntax: {json: order}\nbodi: document\n")
    kinds = {"directory": directory.Settings}

    assert "unknown key 'bodi'" in str(examine(tmp_path / "w", kinds=kinds, compile_mappings=True)[1])
    assert examine(tmp_path / "w", kinds=kinds, compile_mappings="routed")[1] == ()
