"""The shipped mappings load without a doubt. (That they obey the laws is tested beside the laws.)"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from edi import mapping, shipped
from edi.documents import KINDS
from edi.mapping.nodes import EdifactSyntax, UblSyntax
from tests.expected import assert_as_expected

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


def spokes_page() -> str:
    """The reference page of the shipped mappings."""
    rows = []
    for name in sorted(NAMES, key=lambda name: (load(name).kind, name)):
        definition = load(name).definition
        syntax = definition.syntax
        match syntax:
            case EdifactSyntax():
                wire = f"EDIFACT {syntax.message} {', '.join(syntax.versions)}"
            case UblSyntax():
                wire = f"UBL {syntax.root} {syntax.version}"
            case _:
                wire = "JSON"
        what = definition.doc or "The canonical document itself."
        rows.append(f"| `{definition.kind}` | `{name}` | {wire} | {what} |")
    head = "# The mappings that come with the program\n\n*This page is generated from the files in `mappings/`.* Each carries both directions; what it does not carry stands at its end, with the reason.\n"
    return f"{head}\n| Kind | Mapping | Wire | What it is |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def test_the_reference_lists_them() -> None:
    assert_as_expected(Path(__file__).resolve().parents[2] / "docs/reference/documents/spokes.md", spokes_page())
