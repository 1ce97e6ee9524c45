"""JSON Schema of mapping files, for completion in editors: the first line `# yaml-language-server: $schema=...` turns it on."""

from __future__ import annotations

from edi.documents.kinds import KINDS
from edi.mapping.codecs import CODECS
from edi.mapping.entries import DIRECTIONS, MORE
from edi.mapping.loader import KEYS
from edi.mapping.source import OPTIONS

Schema = dict[str, object]


def mapping_schema() -> Schema:
    """The schema of `*.map.yaml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A mapping: one syntax <-> the canonical document",
        "type": "object",
        "required": ["mapping"],
        "additionalProperties": False,
        "properties": {key: _top(key) for key in KEYS},
        "$defs": {"entries": {"type": "array", "items": {"$ref": "#/$defs/entry"}}, "entry": _entry(), "table": _table()},
    }


_TEXT: Schema = {"type": "string"}
_LIST: Schema = {"type": "array"}
_TEXTS: Schema = {"type": "object", "additionalProperties": _TEXT}
_ENTRIES: Schema = {"$ref": "#/$defs/entries"}


def _top(key: str) -> Schema:
    """What may stand under a key of the top level."""
    known: dict[str, Schema] = {
        **dict.fromkeys(("mapping", "extends", "timezone", "doc"), _TEXT),
        **dict.fromkeys(("rename", "not_carried"), _TEXTS),
        **dict.fromkeys(("fill", "drop", "check", "ignore"), _LIST),
        "kind": {"enum": list(KINDS)},
        "syntax": {
            "oneOf": [
                _syntax("edifact", "versions", "association"),
                _syntax("ubl", "version"),
                _syntax("json", "schema", "decimals"),
                _syntax("csv", "delimiter", "by"),
            ]
        },
        "residue": {"enum": ["keep", "drop"]},
        "codes": {"type": "object", "additionalProperties": {"$ref": "#/$defs/table"}},
        "blocks": {"type": "object"},
        "change": {"type": "array", "items": {"type": "object"}},
        "body": {"oneOf": [{"const": "document"}, _ENTRIES]},
    }
    return known.get(key, _ENTRIES)


def _syntax(name: str, *others: str) -> Schema:
    return {
        "type": "object",
        "required": [name],
        "additionalProperties": False,
        "properties": {name: {"type": "string"}, **{other: {} for other in others}},
    }


def _table() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "pairs": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 3}},
            "other": {"description": "same, error, drop, or a value"},
            "from": {"type": "string"},
            "columns": {"type": "array", "items": {"type": "string"}},
            "rows": {"type": "array"},
            "doc": {"type": "string"},
        },
    }


def _entry() -> Schema:
    codecs = ", ".join(CODECS)
    pattern = {"description": f"A pattern: the wire with {{fields}} in it. Codecs: {codecs}."}
    options: dict[str, Schema] = {option: {"type": "string"} for option in OPTIONS}
    options["dir"] = {"enum": list(DIRECTIONS)}
    options["more"] = {"enum": list(MORE)}
    options["only"] = {"type": "array", "items": {"type": "string"}}
    options["from"] = {"type": "integer", "minimum": 1}
    options["max"] = {"type": "integer", "minimum": 1}
    options["key"] = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    options["ref"] = {"type": "object", "required": ["field", "into", "by"]}
    return {
        "oneOf": [
            {"type": "string", **pattern},
            {"type": "object", "properties": options, "patternProperties": {r"^[A-Z]{3}(\+|$)": pattern}},
        ]
    }
