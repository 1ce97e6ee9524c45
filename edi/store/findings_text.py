"""Findings as the store keeps them: JSON, read back as the same values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields

from edi.findings import Finding, Location, Severity


def to_json(findings: Iterable[Finding]) -> str:
    """A JSON list; what is None is left out."""
    return _COMPACT.encode([_to_dict(finding) for finding in findings])


def from_json(text: str) -> tuple[Finding, ...]:
    """The findings `to_json` wrote."""
    return tuple(_from_dict(values) for values in json.loads(text))


def places_to_json(places: Iterable[tuple[str, str]]) -> str:
    """Values that found no place in a document, each with where it stood."""
    return _COMPACT.encode([list(place) for place in places])


def places_from_json(text: str) -> tuple[tuple[str, str], ...]:
    """The places `places_to_json` wrote."""
    return tuple((str(where), str(value)) for where, value in json.loads(text))


def _to_dict(finding: Finding) -> dict[str, object]:
    found: dict[str, object] = {"code": finding.code, "text": finding.text, "severity": str(finding.severity)}
    found |= {name: value for name in _PLAIN if (value := getattr(finding, name)) is not None}
    where = {field.name: value for field in fields(Location) if (value := getattr(finding.where, field.name)) is not None}
    return found | ({"where": where} if where else {})


def _from_dict(values: dict[str, object]) -> Finding:
    where = values.pop("where", {})
    assert isinstance(where, dict)
    severity = Severity(str(values.pop("severity")))
    return Finding(severity=severity, where=Location(**where), **values)  # type: ignore[arg-type]  # written by `_to_dict`


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_PLAIN = ("value", "expected", "hint", "answer", "level")
