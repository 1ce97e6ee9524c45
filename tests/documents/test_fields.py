"""What the field tree says of the models."""

from __future__ import annotations

import pytest

from edi.documents import KINDS, Type, fields, model, resolve
from edi.errors import ConfigError


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_tree_whose_leaves_can_be_resolved(kind: str) -> None:
    leaves = list(fields(kind).leaves())

    assert [leaf.path for leaf in leaves] == [found.path for leaf in leaves if (found := resolve(kind, leaf.path)) is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_says_what_it_is(kind: str) -> None:
    assert [leaf.path for leaf in fields(kind).leaves() if not leaf.text.endswith((".", "…"))] == []


def test_a_path_goes_through_lists_and_objects() -> None:
    gtin = resolve("order", "lines.item.gtin")

    assert gtin is not None
    assert (gtin.type, gtin.bt, gtin.is_list) == (Type.TEXT, "BT-157", False)


def test_business_terms_depend_on_where_a_party_stands() -> None:
    found = [
        resolve("invoice", path)
        for path in ("seller.vat_id", "buyer.vat_id", "ship_to.vat_id", "lines.tax.rate", "lines.period.start", "period.start")
    ]

    assert [one.bt for one in found if one is not None] == ["BT-31", "BT-48", "", "BT-152", "BT-134", "BT-73"]


def test_ubl_positions_depend_on_the_kind() -> None:
    found = [resolve(kind, "seller") for kind in ("order", "invoice", "despatch_advice")]

    assert [one.ubl.split("/")[0] for one in found if one is not None] == [
        "cac:SellerSupplierParty",
        "cac:AccountingSupplierParty",
        "cac:DespatchSupplierParty",
    ]


def test_fixed_values_are_known() -> None:
    response = resolve("order_response", "response")

    assert response is not None
    assert response.values == ("accepted", "rejected", "changed", "conditional", "received")


def test_extension_fields_have_any_name() -> None:
    found = resolve("order", "lines.x.promotion")

    assert found is not None
    assert (found.type, found.path) == (Type.TEXT, "lines.x.promotion")


@pytest.mark.parametrize("path", ["lines.item.gtim", "number.value", "nothing", ""])
def test_a_path_to_nowhere_is_none(path: str) -> None:
    assert resolve("order", path) is None


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown kind of document 'ordre'"):
        model("ordre")
