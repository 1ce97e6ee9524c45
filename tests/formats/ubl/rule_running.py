"""Runs rules in tests; tests that need it skip where the processor is not installed."""

from __future__ import annotations

from collections import Counter

import pytest

from edi.engine import rules as engine_rules
from edi.formats.ubl import schematron, schematron_xslt

needs_saxon = pytest.mark.skipif(not engine_rules.is_available(), reason="saxonche is not installed: business rules cannot run")

SCHEMA = '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">{}</schema>'


def compiled(
    body: str, *, phase: str = schematron.PHASE_DEFAULT, resolve: schematron.Resolve = schematron.refuse_all, whole: bool = False
) -> bytes:
    text = body if whole else SCHEMA.format(body)
    return schematron_xslt.compile_schema(schematron.read(text.encode(), source="t.sch", resolve=resolve), phase=phase)


class Rules:
    """One process for a whole module; each text is compiled once."""

    def __init__(self) -> None:
        self.stylesheets: dict[str, bytes] = {}
        self.runner = engine_rules.SaxonRunner()

    def ids(self, stylesheet: bytes, document: str) -> list[str]:
        """Ids of what failed, in order."""
        return [entry["id"] for entry in self.failed(stylesheet, document)]

    def failed(self, stylesheet: bytes, document: str) -> list[dict[str, str]]:
        name = f"test:{hash(stylesheet)}:1"
        self.runner.know(name, stylesheet)
        return [dict(entry) for entry in self.runner.run(name, document.encode())]

    def counts(self, stylesheet: bytes, document: str) -> Counter[str]:
        return Counter(self.ids(stylesheet, document))
