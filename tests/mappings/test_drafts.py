"""Drafts from real pairs: the same invoice in EDIFACT and UBL gives a mapping that loads and carries most of what both say."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi import library, mapping
from edi.engine.reading import EdifactContent
from edi.formats.edifact.structure import Group
from edi.mapping.canonical import leaves
from edi.mapping.draft import draft, matched, places_of

pytestmark = [pytest.mark.reference, pytest.mark.storeless]


@pytest.mark.parametrize(("example", "least"), [("1", 0.8), ("2", 0.75), ("4", 0.9)])
def test_a_draft_from_a_pair_loads_and_carries_most(reference: Path, example: str, least: float) -> None:
    folder = reference / "paired" / f"example{example}"
    content = library.read((folder / f"EDIFACT_EXAMPLE{example}.TXT").read_bytes()).interchanges[0].messages[0].content
    assert isinstance(content, EdifactContent)
    assert isinstance(content.tree, Group)
    (document,) = library.documents_of((folder / f"ubl-tc434-example{example}.xml").read_bytes()).value or ()
    known = mapping.load("invoic-en16931").read(content.tree, trace=True).value
    assert known is not None

    places = matched(content.tree, document, "invoice", known=places_of(known.traces))  # type: ignore[arg-type]  # a document in flight
    text = draft(content.tree, places, name="draft", kind="invoice")
    reading = mapping.load("draft", {"draft": ("draft.map.yaml", text)}.get).read(content.tree).value

    assert reading is not None
    carried, said = dict(leaves(reading.document)), dict(leaves(document))  # type: ignore[arg-type]
    assert sum(carried.get(path) == value for path, value in said.items()) / len(said) >= least
