"""`characters` of an agreement: what becomes of letters that the agreed character set lacks, in both directions; none is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edi.findings import Finding
from edi.store.findings_text import from_json
from tests.engine.house import FILES, House, invoice, order
from tests.engine.look import rows, states

ACME = FILES["partners/acme.yaml"]
NAME = "Łódź Käse"
"""Two letters of no Western European set, one that it has."""


def house(folder: Path, direction: str, characters: str) -> House:
    partner = ACME.replace(f"direction: {direction},", f"direction: {direction}, characters: {characters},")
    return House(folder, changes={"partners/acme.yaml": partner})


def send(made: House) -> list[Finding]:
    """Put an invoice with such a name through; the findings about it."""
    made.drop("r.json", json.dumps({**json.loads(invoice()), "number": NAME}).encode(), channel="erp/in")
    made.engine.run_once()
    return [each for each in from_json(rows(made, "message")[0].findings) if each.code.startswith("edifact.")]


def test_strictly_nothing_is_sent_and_every_letter_is_named(tmp_path: Path) -> None:
    made = house(tmp_path, "out", "strict")

    [found] = send(made)

    assert ("edifact.character", "our own output: 'Łódź Käse' holds 'Łź', not in UNOC (ISO 8859-1 (Western European))") == (
        found.code,
        found.text,
    )
    assert (["map_failed"], {}) == (states(made, "message"), made.files("acme/out"))
    made.engine.close()


def test_transliterated_it_is_sent_and_every_letter_replaced_is_named(tmp_path: Path) -> None:
    made = house(tmp_path, "out", "transliterate")

    [found] = send(made)
    [sent] = made.files("acme/out").values()

    assert "our own output: 'Ł', 'ź' of 'Łódź Käse' were replaced: 'Lódz Käse' was written" == found.text
    assert ("Lódz Käse".encode("latin-1") in sent, b"UNOC:3" in sent) == (True, True)
    made.engine.close()


def test_repaired_it_is_sent_in_a_set_that_holds_all_of_it_and_that_is_said(tmp_path: Path) -> None:
    made = house(tmp_path, "out", "repair")

    [found] = send(made)
    [sent] = made.files("acme/out").values()

    assert "edifact.charset_raised" == found.code
    assert (NAME.encode() in sent, b"UNOW:" in sent) == (True, True)
    made.engine.close()


@pytest.mark.parametrize(("characters", "read"), [("strict", "KÃ¤se"), ("repair", "Käse"), ("transliterate", "Käse")])
def test_what_came_in_another_encoding_than_declared_is_read_as_agreed(tmp_path: Path, characters: str, read: str) -> None:
    made = house(tmp_path, "in", characters)
    made.drop("o.edi", order().replace(b"BGM+220+", b"BGM+220+" + "Käse".encode()))
    made.engine.run_once()

    [document] = made.files("erp/out").values()
    assert json.loads(document)["number"].startswith(read)
    assert "edifact.charset_differs" in [each.code for each in from_json(rows(made, "interchange")[0].findings)]
    made.engine.close()
