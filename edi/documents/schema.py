"""The JSON Schema of each kind, for people who check or write our JSON in other programs."""

from __future__ import annotations

import json
from typing import Final

from edi.documents.kinds import model

SCHEMA_VERSION: Final = "1.0"
"""Raised in front when a document that was good no longer is, behind when something was added."""


def json_schema(kind: str) -> dict[str, object]:
    """The schema (JSON Schema 2020-12) of a kind. Raises ConfigError for a kind we do not know."""
    inner = model(kind).model_json_schema()
    schema = _tidy(inner)
    assert isinstance(schema, dict)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:edi-engine:document:{kind}:{SCHEMA_VERSION}",
        "version": SCHEMA_VERSION,
        **schema,
    }


def schema_text(kind: str) -> str:
    """The same as the text of a file."""
    return json.dumps(json_schema(kind), indent=1, ensure_ascii=False) + "\n"


def _tidy(value: object) -> object:
    """Without null, which no document may hold, without generated titles, and with business terms where there are some."""
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    if not isinstance(value, dict):
        return value
    tidy: dict[str, object] = {}
    for key, below in value.items():
        if key == "properties":
            tidy[key] = {name: _tidy(one) for name, one in below.items()}
        elif key == "anyOf":
            tidy.update(_without_null([_tidy(one) for one in below]))
        elif key == "bt":
            tidy.update(_terms(below))
        elif key not in {"title", "default", "edifact", "ubl", "engine"}:
            tidy[key] = _tidy(below)
    return tidy


def _without_null(alternatives: list[object]) -> dict[str, object]:
    left = [one for one in alternatives if one != {"type": "null"}]
    if len(left) == 1 and isinstance(left[0], dict):
        return dict(left[0])
    return {"anyOf": left}


def _terms(places: object) -> dict[str, object]:
    terms = [places] if isinstance(places, str) else list(places.values()) if isinstance(places, dict) else []
    named = list(dict.fromkeys(str(term) for term in terms if term))
    return {"x-business-term": " / ".join(named)} if named else {}
