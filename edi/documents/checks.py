"""Whether a document agrees with itself: the list of checks, and running them. Assumes the shape is sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from edi.documents import checks_amounts, checks_identifiers, checks_structure, checks_tax
from edi.documents.checks_reading import Document
from edi.findings import Finding

Check = Callable[[Document], Iterator[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    *checks_structure.CHECKS,
    *checks_amounts.CHECKS,
    *checks_tax.CHECKS,
    *checks_identifiers.CHECKS,
)
"""In this order findings appear."""


def check(kind: str, document: Mapping[str, object]) -> Iterator[Finding]:
    """What disagrees, as findings whose codes are published in the reference."""
    whole = dict(document) if document.get("kind") == kind else {**document, "kind": kind}
    for one in CHECKS:
        yield from one(whole)
