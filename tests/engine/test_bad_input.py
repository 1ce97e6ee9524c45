"""Whatever comes in ends as findings or a clear error, is kept, and delays nobody (P33; cases of 4.1, 4.2, 4.4, 4.9)."""

from __future__ import annotations

import pytest

from edi.store.findings_text import from_json
from tests.engine.house import House, invoice, order
from tests.engine.look import messages, rows, states

GARBAGE = {
    "empty": (b"", "transmission.empty"),
    "random": (bytes(range(256)) * 5, "transmission.unknown_format"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "transmission.unknown_format"),
    "zip": (b"PK\x03\x04" + bytes(60), "transmission.unknown_format"),
    "html": (b"<html><body>Gateway timeout</body></html>", "ubl.unsupported_type"),
    "dtd": (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "xml.dtd_forbidden"),
    "json_broken": (b'{"kind": "invoice",', "json."),
    "json_twice": (b'{"kind": "invoice", "kind": "order"}', "json."),
    "json_nan": (b'{"kind": "invoice", "number": NaN}', "json."),
}


@pytest.mark.parametrize("case", GARBAGE)
def test_what_is_nothing_we_know_is_quarantined_with_a_reason_and_kept(house: House, case: str) -> None:
    data, code = GARBAGE[case]
    house.drop("x.edi", data)
    house.drop("y.edi", order())

    report = house.engine.run_once()

    [row] = [row for row in rows(house, "transmission") if row.state == "quarantined"]
    assert ["accepted", "quarantined"] == sorted(states(house, "transmission"))
    assert from_json(row.findings)[0].code.startswith(code)
    assert row.reason
    assert 1 == report.held
    with house.engine.context.store.reading() as view:
        assert data == view.payload(row.payload_sha256)


@pytest.mark.parametrize("length", range(0, len(order()), 29))
def test_an_interchange_cut_anywhere_is_refused_not_half_used(house: House, length: int) -> None:
    house.drop("x.edi", order()[:length])

    house.engine.run_once()

    assert {} == house.files("erp/out")
    assert "Traceback" not in str([row.reason for row in rows(house, "transmission")])


def test_a_wrong_count_is_answered_and_has_no_effect(house: House) -> None:
    house.drop("x.edi", order().replace(b"UNZ+1", b"UNZ+2"))

    house.engine.run_once()

    assert ["rejected"] == states(house, "interchange")
    assert {} == house.files("erp/out")


def test_one_bad_message_does_not_delay_the_others(house: House) -> None:
    data = order(messages=3).replace(b"BGM+220+4711-2+9'", b"BGM+220+4711-2+9'XYZ+1'").replace(b"UNT+9+2", b"UNT+10+2")
    house.drop("x.edi", data)

    house.engine.run_once()

    assert ["accepted_in_part"] == states(house, "interchange")
    assert ["delivered", "invalid", "delivered"] == states(house, "message")
    assert 2 == len(house.files("erp/out"))


def test_an_unknown_sender_is_held_and_named(house: House) -> None:
    """M07."""
    house.drop("x.edi", order().replace(b"4054321000009:14", b"9999999999994:14"))

    house.engine.run_once()

    assert ["quarantined"] == states(house, "transmission")
    assert "nobody we know is called '9999999999994:14'" == rows(house, "transmission")[0].reason


def test_an_interchange_for_somebody_else_is_held(house: House) -> None:
    """M06."""
    house.drop("x.edi", order().replace(b"+4012345500004:14", b"+4099999999992:14"))

    house.engine.run_once()

    assert "none of our ids" in rows(house, "transmission")[0].reason


def test_a_message_that_was_not_agreed_is_refused(house: House) -> None:
    """M09."""
    house.drop("x.edi", order().replace(b"ORDERS:D:96A:UN:EAN008", b"ORDERS:D:01B:UN:EAN010"))

    house.engine.run_once()

    assert ["invalid"] == states(house, "message")
    assert "acme sent 'ORDERS:D:01B:UN:EAN010', which was not agreed" == messages(house)[0].reason


def test_a_test_interchange_on_a_live_channel_is_held_until_released(house: House) -> None:
    """M10, T41."""
    from edi.engine.operator import Act

    house.drop("x.edi", order(test=True))
    house.engine.run_once()

    assert ["held_test"] == states(house, "interchange")
    assert {} == house.files("erp/out")

    house.engine.operator.release("T1", Act(who="anna", why="agreed by phone"))
    house.engine.run_once()

    # Released from the channel's doubt, it still must not reach our live house (P38).
    assert {} == house.files("erp/out")
    assert ["unroutable"] == states(house, "message") or ["map_failed"] == states(house, "message")


def test_an_invoice_for_a_partner_nobody_knows_is_held_in_lost_and_found(house: House) -> None:
    house.drop("x.json", invoice().replace(b"4054321000009", b"4099999999992"), channel="erp/in")

    house.engine.run_once()

    line = messages(house)[0]
    assert ("unroutable", "no route fits") == (line.state, line.reason)


def test_explain_names_each_route_and_its_first_failed_condition(house: House) -> None:
    house.drop("x.json", invoice().replace(b"4054321000009", b"4099999999992"), channel="erp/in")
    house.engine.run_once()

    [(name, choice)] = house.engine.operator.explain("M1")

    assert "M1" == name
    assert ["partner", "partner"] == [mismatch.condition for _route, mismatch in choice.answers if mismatch]


def test_a_bug_of_ours_holds_one_transmission_and_not_the_queue(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read = house.translator.read

    def stumbling(mapping: str, message: object, *, partner: str | None) -> object:
        if getattr(message, "number", None) == "bad":
            raise ZeroDivisionError("a bug")
        return read(mapping, message, partner=partner)  # type: ignore[arg-type]

    monkeypatch.setattr(house.translator, "read", stumbling)
    house.drop("a.edi", order("bad", reference="1"))
    house.drop("b.edi", order("good", reference="2"))

    house.engine.run_once()

    assert ["accepted", "quarantined"] == sorted(states(house, "transmission"))
    assert ["order_acme_good.json"] == list(house.files("erp/out"))
