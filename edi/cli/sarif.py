"""Findings as SARIF 2.1.0, which code review tools show beside the file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import edi
from edi.findings import Finding, Severity

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(findings: Iterable[Finding], file: Path) -> dict[str, object]:
    """One run over one file."""
    found = tuple(findings)
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "edi",
                        "version": edi.__version__,
                        "rules": [{"id": code} for code in sorted({one.code for one in found})],
                    }
                },
                "results": [_result(one, file) for one in found],
            }
        ],
    }


def _result(finding: Finding, file: Path) -> dict[str, object]:
    where = finding.where
    region: dict[str, object] = {}
    if where.line is not None:
        region["startLine"] = where.line
        if where.column is not None:
            region["startColumn"] = where.column
    elif where.offset is not None:
        region["byteOffset"] = where.offset
    place: dict[str, object] = {"artifactLocation": {"uri": file.as_posix()}}
    if region:
        place["region"] = region
    text = f"{where}: {finding.text}" if str(where) else finding.text
    return {
        "ruleId": finding.code,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{text} Hint: {finding.hint}" if finding.hint else text},
        "locations": [{"physicalLocation": place, **({"logicalLocations": [{"fullyQualifiedName": where.path}]} if where.path else {})}],
    }
