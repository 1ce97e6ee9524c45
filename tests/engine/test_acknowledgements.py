"""CONTRL both ways: owed as agreed, matched to what we sent, overdue when it does not come, never for an acknowledgement (P19-P22)."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.engine import status, timers
from tests.engine.house import House, invoice, order
from tests.engine.look import messages, outbound_kinds, outbounds, states


@pytest.fixture
def answering(tmp_path: Path) -> House:
    return House(tmp_path, contrl="always")


def contrl(reference: str = "1", *, action: str = "7", own: str = "77", more: str = "", sender: str = "4054321000009:14") -> bytes:
    """Acme's answer to an interchange of ours."""
    segments = ["UNH+1+CONTRL:D:3:UN'", f"UCI+{reference}+4012345500004:14+4054321000009:14+{action}'", *([more] if more else [])]
    count = sum(part.count("'") for part in segments) + 1
    head = f"UNB+UNOC:3+{sender}+4012345500004:14+261124:1000+{own}'"
    return "".join([head, *segments, f"UNT+{count}+1'UNZ+1+{own}'"]).encode()


def test_an_accepted_order_is_answered_with_a_contrl_that_carries_the_next_reference(answering: House) -> None:
    answering.drop("a.edi", order(reference="17"))

    answering.engine.run_once()

    [(name, data)] = answering.files("acme/out").items()
    assert "CONTRL_1.edi" == name
    assert b"UCI+17+4054321000009:14+4012345500004:14+7'" in data


def test_a_partner_gets_the_version_of_contrl_that_was_agreed(tmp_path: Path) -> None:
    house = House(tmp_path, contrl="always, contrl_version: '2:2'")
    house.drop("a.edi", order(reference="17"))

    house.engine.run_once()

    [data] = house.files("acme/out").values()
    assert b"+CONTRL:2:2:UN'" in data


def test_a_bad_message_is_named_in_the_contrl_and_the_good_one_goes_on(answering: House) -> None:
    data = order(messages=2).replace(b"BGM+220+4711-2+9'", b"BGM+220+4711-2+9'XYZ+1'").replace(b"UNT+9+2", b"UNT+10+2")
    answering.drop("a.edi", data)

    answering.engine.run_once()

    [data] = answering.files("acme/out").values()
    assert b"UCM+2+ORDERS:D:96A:UN:EAN008+4'UCS+3+15'" in data
    assert 1 == len(answering.files("erp/out"))


def test_what_we_sent_is_awaited_accepted_and_seen_as_accepted(house: House) -> None:
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    assert ["expected"] == states(house, "acknowledgement")

    house.drop("c.edi", contrl())
    house.engine.run_once()

    assert ["accepted"] == states(house, "acknowledgement")
    assert status.Status(processing="done", delivery="delivered", acknowledgement="accepted") == status.of_message(messages(house)[1])


def test_a_refusal_is_traced_to_the_value_we_sent(house: House) -> None:
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.drop("c.edi", contrl(more="UCM+1+INVOIC:D:96A:UN:EAN008+4'UCS+4'UCD+12+3:1'"))
    house.engine.run_once()

    from edi.store.findings_text import from_json
    from tests.engine.look import rows

    assert ["rejected"] == states(house, "acknowledgement")
    [finding] = from_json(rows(house, "outbound")[0].findings)
    assert ("edifact.partner_rejected", "4012345500004") == (finding.code, finding.value)
    assert "rejected" == status.of_message(messages(house)[1]).acknowledgement


def test_what_does_not_come_in_time_is_overdue_and_a_late_one_still_counts(house: House) -> None:
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.clock.forward(hours=5)
    house.engine.run_once()
    assert ["overdue"] == states(house, "acknowledgement")

    house.drop("c.edi", contrl())
    house.engine.run_once()
    assert ["accepted"] == states(house, "acknowledgement")


def test_a_contrl_is_never_answered_with_a_contrl(answering: House) -> None:
    answering.drop("r.json", invoice(), channel="erp/in")
    answering.engine.run_once()
    answering.drop("c.edi", contrl())
    answering.engine.run_once()

    assert ["invoice"] == outbound_kinds(answering)


def test_a_contrl_for_nothing_we_know_is_shown_and_satisfies_nothing(house: House) -> None:
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.drop("c.edi", contrl("999"))
    house.engine.run_once()

    assert ["expected"] == states(house, "acknowledgement")
    assert "unmatched" == messages(house)[0].state


def test_yes_then_no_is_no_and_no_then_yes_stays_no(house: House) -> None:
    """F-K02."""
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.drop("c1.edi", contrl(own="1"))
    house.engine.run_once()
    house.drop("c2.edi", contrl(own="2", action="4"))
    house.engine.run_once()
    house.drop("c3.edi", contrl(own="3"))
    house.engine.run_once()

    assert ["rejected"] == states(house, "acknowledgement")


def test_a_receipt_alone_leaves_the_verdict_open(house: House) -> None:
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.drop("c.edi", contrl(action="8"))
    house.engine.run_once()

    assert ["expected"] == states(house, "acknowledgement")
    assert ["delivered", "settled"] == states(house, "message")


def test_two_of_our_own_engines_answer_each_other_and_come_to_rest(answering: House) -> None:
    """F-K01."""
    for number in range(20):
        answering.drop(f"{number}.edi", order(str(number), reference=str(number + 1)))
    answering.engine.run_once()

    for name, data in answering.files("acme/out").items():
        answering.drop(name, data.replace(b"+4012345500004:14+4054321000009:14+2611", b"+4054321000009:14+4012345500004:14+2611"))
    answering.engine.run_once()

    assert 20 == sum(line.kind == "contrl" for line in outbounds(answering))


def test_an_answer_overdue_for_a_quarter_is_looked_for_no_more_and_still_counts(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.clock.forward(hours=5)
    house.engine.run_once()
    house.clock.forward(days=91)
    assert [timers.expire(house.engine.context) for _ in range(2)] == [1, 0]
    assert states(house, "acknowledgement") == ["expired"]

    house.drop("answer.edi", contrl())
    house.engine.run_once()
    assert states(house, "acknowledgement") == ["accepted"]
