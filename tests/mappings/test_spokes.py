"""The shipped mappings load without a doubt. (That they obey the laws is tested beside the laws.)"""

from __future__ import annotations

from functools import cache

import pytest

from edi import mapping, shipped
from edi.documents import KINDS

NAMES = tuple(name.removesuffix(".map.yaml") for name in shipped.names("mappings") if name.endswith(".map.yaml"))
TESTED = {name.removesuffix(".test.yaml") for name in shipped.names("mappings") if name.endswith(".test.yaml")}


@cache
def load(name: str) -> mapping.Spoke:
    return mapping.load(name)


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_nothing_is_doubtful(name: str) -> None:
    assert [str(problem) for problem in load(name).warnings] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_name_of_its_file(name: str) -> None:
    assert load(name).name == name


def test_every_mapping_of_a_wire_has_a_test_beside_it_or_a_test_of_its_rules() -> None:
    own = {name for name in NAMES if b"body: document" in shipped.read_bytes("mappings", f"{name}.map.yaml")}
    peppol = {name for name in NAMES if name.startswith("peppol-")}

    assert set(NAMES) - TESTED - own - peppol == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_edifact_an_ubl_and_a_json_spoke(kind: str) -> None:
    syntaxes = {type(load(name).syntax).__name__ for name in NAMES if load(name).kind == kind}

    assert syntaxes >= {"EdifactSyntax", "UblSyntax", "JsonSyntax"}
