"""A drafted guide is one its messages keep to, and its text reads back as the same guide."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.formats.edifact import directory, reader, structure
from edi.formats.edifact.guide import Guide, validate
from edi.formats.edifact.guide_draft import draft
from edi.formats.edifact.structure import Group
from edi.workspace.guide_text import guide_text
from tests.workspace.test_guides import GUIDE, ORDER, guide

SECOND = (
    ORDER.replace("BGM+220+4711", "BGM+224+4712")
    .replace("CTA+OC+:Anna'\n", "")
    .replace("QTY+21:5'", "QTY+21:7'\nFTX+LIN+++Hello'\nLIN+2++4000000000013:EN'\nQTY+21:1'")
)
SHIPPED = Path(__file__).parents[2] / "edi" / "demo" / "acme-order-4711.edi"


def tree(text: str) -> Group:
    read = reader.read(text.encode()).value
    assert read is not None
    message = read[0].messages[0]
    spec = directory.load("D.96A", association="EAN008").message(message.identifier.type)
    assert spec is not None
    built = structure.build(message, spec).value
    assert built is not None
    return built


def drafted(*texts: str) -> Guide:
    return draft(
        "acme/ORDERS",
        "ORDERS:D:96A:UN:EAN008",
        [tree(text) for text in texts],
        directory.load("D.96A", association="EAN008"),
        title="Orders",
    )


@pytest.mark.parametrize("texts", [(ORDER,), (ORDER, SECOND), (SHIPPED.read_text(encoding="latin-1"), ORDER, SECOND)])
def test_every_message_keeps_to_the_guide_drafted_from_it(texts: tuple[str, ...]) -> None:
    made = drafted(*texts)
    for text in texts:
        assert validate(made, tree(text)) == ()


def test_what_always_came_must_come_and_what_came_once_may() -> None:
    uses = {rule.name: rule.use for rule in drafted(ORDER, SECOND).rules}
    assert (uses["BGM"], uses["NAD+BY"], uses["NAD+BY/CTA+OC"], uses["LIN/FTX+LIN"], uses["LIN/QTY+21"]) == (
        "must",
        "must",
        "may",
        "may",
        "must",
    )


def test_codes_that_came_are_taken_and_rules_stand_in_the_order_of_the_message() -> None:
    made = drafted(ORDER, SECOND)
    assert [rule.name for rule in made.rules] == ["BGM", "DTM+137", "NAD+BY", "NAD+BY/CTA+OC", "LIN", "LIN/QTY+21", "LIN/FTX+LIN"]
    [kinds] = [element for element in made.rules[0].elements if element.place == "1.1"]
    assert (kinds.use, list(kinds.codes)) == ("must", ["220", "224"])


def test_the_text_of_a_guide_reads_back_as_the_same_guide(tmp_path: Path) -> None:
    for made in (drafted(ORDER, SECOND), guide(tmp_path, GUIDE)):
        assert guide(tmp_path, guide_text(made, remarks=("Drafted.",))) == made
