"""The laws can fail: a writer that differs from its reader in one line is caught, and drawn documents leave nowhere to hide."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

import pytest

from edi import mapping
from edi.documents.fields import fields
from edi.mapping import laws
from edi.mapping.canonical import leaves, unindexed
from edi.mapping.draw import draw
from edi.mapping.problems import MappingProblems
from edi.mapping.source import shipped_files

NAMES = ("orders-eancom", "desadv-eancom", "invoic-eancom", "ubl-invoice", "ubl-order")
SEEDS = 40
FROM_TABLES = ("type", "unit", "reason_code", "code", "action")
"""Fields whose drawn values are those of a code table, of which there are few."""


def altered(name: str, old: str, new: str) -> mapping.Spoke | None:
    """A spoke that reads as the mapping says and writes as the altered mapping says; None where that is none."""
    path, text = shipped_files(name) or ("", "")
    try:
        other = mapping.load(name, lambda wanted: (path, text.replace(old, new, 1)) if wanted == name else shipped_files(wanted))
    except MappingProblems:
        return None
    spoke = mapping.load(name)
    spoke.side.write = other.side.write  # type: ignore[method-assign]  # the very fault that the laws are there to find
    return spoke


def mutants(name: str) -> list[tuple[str, str]]:
    """Lines with a field in the header or body, and the same with another qualifier or another element."""
    text = (shipped_files(name) or ("", ""))[1]
    lines = [line for line in text.splitlines() if "{" in line and not re.search(r"#|use:|\{=|\{~|when|dir:|\|", line)]
    found = [(line, re.sub(r"^( *- [A-Z]{3}\+)\w+(:\{)", r"\g<1>ZZZ\2", line)) for line in lines if re.match(r" *- [A-Z]{3}\+\w+:\{", line)]
    found += [(line, re.sub(r"cbc:\w+ = ", "cbc:Note = ", line)) for line in lines if re.match(r" *- cbc:(?!Note)\w+ = ", line)]
    return [(line, other) for line, other in dict(found).items() if line != other and text.count(line) == 1]


def survivors(name: str, chosen: list[tuple[str, str]]) -> tuple[int, list[str]]:
    """How many mutants could be tried, and those that no law noticed."""
    tried, alive = 0, []
    for old, new in chosen:
        spoke = altered(name, old, new)
        if spoke is not None:
            tried += 1
            alive += [old.strip()] if laws.put_get(spoke, SEEDS).holds else []
    return tried, alive


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("orders-eancom", "DTM+64:{delivery.requested_period.start}", "DTM+63:{delivery.requested_period.start}"),
        ("orders-eancom", "- QTY+192:{free_quantity}", "- QTY+59:{free_quantity}"),
        ("invoic-eancom", "MOA+79:{totals.line_net}", "MOA+98:{totals.line_net}"),
        ("invoic-eancom", "[PA, XPA]", "[CT, XPA]"),
        ("desadv-eancom", "key: {handling_unit: id}", "key: {handling_unit: parent}"),
        ("ubl-order", "cbc:CityName = {city}", "cbc:CitySubdivisionName = {city}"),
    ],
)
def test_a_writer_that_differs_from_its_reader_in_one_place_is_caught(name: str, old: str, new: str) -> None:
    spoke = altered(name, old, new)
    assert spoke is not None

    assert not laws.put_get(spoke, SEEDS).holds


@pytest.mark.proof
@pytest.mark.parametrize("name", NAMES)
def test_every_altered_line_is_caught(name: str) -> None:
    tried, alive = survivors(name, mutants(name))

    assert tried > 5
    assert [] == alive


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_of_a_drawn_document_has_a_value_of_its_own(name: str) -> None:
    spoke = mapping.load(name)
    chosen = {leaf.path for leaf in fields(spoke.kind).leaves() if leaf.values or leaf.type == "bool"}
    for seed in range(5):
        found = [
            (unindexed(path), value if not isinstance(value, Decimal) else f"{value.normalize():f}")
            for path, value in leaves(draw(spoke, seed))
            if unindexed(path) not in chosen
            and not path.endswith((".scheme", ".list", "subject", ".handling_unit", ".parent", ".qualifier", "kind", *FROM_TABLES))
        ]
        twice = {value for value, count in Counter(str(value) for _, value in found).items() if count > 1}

        assert len(found) > 10
        assert [] == [(path, value) for path, value in found if str(value) in twice]
