"""The cause of a failure as a short name: 400 messages that failed alike are one line, not 400."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from edi.findings import Finding

_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


def fingerprint(findings: Iterable[Finding], reason: str | None) -> str:
    """Equal for failures with the same codes at the same kinds of places; values and positions do not count."""
    errors = sorted({_cause(finding) for finding in findings if finding.is_error})
    text = "|".join(errors) or _VARIABLE.sub("…", reason or "unknown")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cause(finding: Finding) -> str:
    where = finding.where
    path = re.sub(r"\[\d+\]", "[]", where.path or where.group or "")
    return f"{finding.code}@{where.tag or ''}/{where.element or ''}/{where.component or ''}/{path}"
