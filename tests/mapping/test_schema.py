"""The JSON Schema that editors complete with: it takes every mapping we ship, and refuses what is misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from edi import shipped
from edi.mapping.file_schema import mapping_schema
from edi.mapping.source import shipped_files

SCHEMA: Any = mapping_schema()
TYPES: dict[str, type | tuple[type, ...]] = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
SHIPPED = [name.removesuffix(".map.yaml") for name in shipped.names("mappings") if name.endswith(".map.yaml")]


def wrong(value: Any, schema: Any, at: str = "") -> Iterator[str]:
    """Where a value is none of a schema: the keywords that ours uses, as the standard means them."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    types = schema.get("type", [])
    if types and not isinstance(value, tuple(TYPES[one] for one in ([types] if isinstance(types, str) else types))):
        yield f"{at}: {value!r} is no {types}"
        return
    if ("enum" in schema and value not in schema["enum"]) or ("const" in schema and value != schema["const"]):
        yield f"{at}: {value!r} is not allowed"
    if "oneOf" in schema and sum(not list(wrong(value, one)) for one in schema["oneOf"]) != 1:
        yield f"{at}: {value!r} fits not one form"
    if isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{at}: {value} is less than {schema['minimum']}"
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{at}: {len(value)} items"
        for item in value:
            yield from wrong(item, schema.get("items", {}), f"{at}[]")
    if isinstance(value, dict):
        yield from (f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, inner in value.items():
            fitting = [one for pattern, one in schema.get("patternProperties", {}).items() if re.search(pattern, str(name))]
            known = schema.get("properties", {}).get(name, fitting[0] if fitting else schema.get("additionalProperties", {}))
            yield from [f"{at}.{name} is unknown"] if known is False else wrong(inner, known, f"{at}.{name}")


@pytest.mark.parametrize("name", SHIPPED)
def test_it_takes_every_shipped_mapping(name: str) -> None:
    found = shipped_files(name)
    assert found is not None

    assert list(wrong(yaml.safe_load(found[1]), SCHEMA)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mapping: m\nheder: []\n", ".heder is unknown"),
        ("kind: order\n", ".mapping is missing"),
        ("mapping: m\nkind: ordr\n", ".kind: 'ordr' is not allowed"),
        (
            "mapping: m\nsyntax: {edifact: ORDERS, version: [D.96A]}\n",
            ".syntax: {'edifact': 'ORDERS', 'version': ['D.96A']} fits not one form",
        ),
        ("mapping: m\ncodes: {units: {pairs: [[PCE]]}}\n", ".codes.units.pairs[]: 1 items"),
        (
            "mapping: m\nheader:\n  - max: 0\n    DTM+137:{issue_date}:\n",
            ".header[]: {'max': 0, 'DTM+137:{issue_date}': None} fits not one form",
        ),
    ],
)
def test_it_refuses_what_is_misspelt(text: str, expected: str) -> None:
    assert list(wrong(yaml.safe_load(text), SCHEMA)) == [expected]
