"""Schemas and reference pages are what the models say; `EDI_UPDATE=1` writes them anew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from edi.documents import KINDS, json_schema
from edi.documents.checks_identifiers import RULES
from edi.documents.pages import overview, page
from edi.documents.schema import schema_text
from tests.expected import assert_as_expected

ROOT = Path(__file__).resolve().parents[2]
FILES: dict[str, Callable[[], str]] = {
    **{f"schemas/erp/{kind}.schema.json": partial(schema_text, kind) for kind in KINDS},
    **{f"docs/reference/documents/{kind}.md": partial(page, kind) for kind in KINDS},
    "docs/reference/documents/README.md": overview,
}


@pytest.mark.parametrize("name", FILES)
def test_generated_files_are_up_to_date(name: str) -> None:
    assert_as_expected(ROOT / name, FILES[name]())


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_knows_no_null_and_no_internals(kind: str) -> None:
    text = json.dumps(json_schema(kind))

    assert '"null"' not in text
    assert '"edifact"' not in text


def test_a_schema_names_business_terms_and_what_is_mandatory() -> None:
    schema = json_schema("invoice")
    number = schema["properties"]["number"]  # type: ignore[index]

    assert number["x-business-term"] == "BT-1"
    assert {"kind", "number", "type_code", "issue_date", "seller", "buyer", "lines"} == set(schema["required"])  # type: ignore[call-overload]
    assert schema["additionalProperties"] is False


def test_every_code_of_a_finding_stands_in_the_reference() -> None:
    published = (ROOT / "docs/reference/documents/findings.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "edi/documents").glob("check*.py"), ROOT / "edi/documents/validation.py", *(ROOT / "edi/formats/json").glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r'"((?:document|json)\.[a-z_]+)"', text))
    codes |= {f"document.{name}" for name in re.findall(r'yield (?:error|warning|make)\(\s*"([a-z_]+)"', text)}
    codes |= {f"document.{code}" for code, _ in RULES.values()}

    assert sorted(code for code in codes if f"`{code}`" not in published) == []
    assert len(codes) > 30
