"""A partner's guide is law for what comes from them and for what we send them (M15)."""

from __future__ import annotations

from pathlib import Path

from edi.store.findings_text import from_json
from tests.engine.house import FILES, House, invoice, order
from tests.engine.look import rows, states

ACME = FILES["partners/acme.yaml"]
ORDERS = "guide: acme/ORDERS\nmessage: ORDERS:D:96A:UN:EAN008\nsegments:\n  BGM: {elements: {1001: ['220']}}\n  LIN/QTY+21: {use: must}\n"
INVOIC = "guide: acme/INVOIC\nmessage: INVOIC:D:96A:UN:EAN008\nsegments:\n  DTM+35: must\n"


def house(folder: Path, direction: str, name: str, text: str, *, contrl: str = "never") -> House:
    partner = ACME.replace(f"direction: {direction},", f"direction: {direction}, guide: acme/{name},")
    return House(folder, contrl=contrl, changes={"partners/acme.yaml": partner, f"schemas/edifact/guides/acme/{name}.yaml": text})


def test_m15_an_order_outside_the_guide_is_refused_and_answered_with_14_at_its_element(tmp_path: Path) -> None:
    made = house(tmp_path, "in", "ORDERS", ORDERS, contrl="always")
    made.drop("x.edi", order().replace(b"BGM+220", b"BGM+105"))
    made.engine.run_once()

    assert states(made, "message") == ["invalid"]
    assert [finding.code for finding in from_json(rows(made, "message")[0].findings)] == ["guide.code"]
    assert made.files("erp/out") == {}
    [answer] = made.files("acme/out").values()
    assert b"UCS+2'UCD+14+2:1'" in answer  # 0098 counts the segment tag as position 1
    made.engine.close()


def test_an_order_inside_the_guide_goes_on(tmp_path: Path) -> None:
    made = house(tmp_path, "in", "ORDERS", ORDERS)
    made.drop("x.edi", order())
    made.engine.run_once()
    assert states(made, "message") == ["delivered"]
    made.engine.close()


def test_an_invoice_of_ours_outside_the_partners_guide_is_not_sent(tmp_path: Path) -> None:
    made = house(tmp_path, "out", "INVOIC", INVOIC)
    made.drop("r.json", invoice(), channel="erp/in")
    made.engine.run_once()

    assert states(made, "message") == ["map_failed"]
    assert made.files("acme/out") == {}
    [finding] = [finding for finding in from_json(rows(made, "message")[0].findings) if finding.code.startswith("guide.")]
    assert finding.text == "our own output: DTM+35 was not sent"
    made.engine.close()
