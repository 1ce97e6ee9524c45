"""Findings as the store keeps them: JSON, read back as the same values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields

from edi.engine.content import Unmapped
from edi.findings import Finding, Location, Severity


def to_json(findings: Iterable[Finding]) -> str:
    """A JSON list; what is None is left out."""
    return json.dumps([_to_dict(finding) for finding in findings], ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> tuple[Finding, ...]:
    """The findings `to_json` wrote."""
    return tuple(_from_dict(values) for values in json.loads(text))


def unmapped_to_json(unmapped: Iterable[Unmapped]) -> str:
    """A JSON list of places and values."""
    return json.dumps([[one.where, one.value] for one in unmapped], ensure_ascii=False, separators=(",", ":"))


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


_PLAIN = ("value", "expected", "hint", "answer", "level")
