"""Business answers settle what we sent, replacements what they replace, and a duplicate is answered again where that was agreed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.house import FILES, House, order
from tests.engine.look import outbounds, rows, states

TRADING = {
    "routes.yaml": """\
us: us
routes:
  - {route: orders, from: {channel: erp-in, kind: order, partner: acme}, read: erp-invoice, to: [{write: erp-order, channel: acme-out}]}
  - {route: invoices, from: {channel: erp-in, kind: invoice, partner: acme}, read: erp-invoice, to: [{write: erp-order, channel: acme-out}]}
  - {route: answers, from: {kind: order_response, partner: acme}, read: erp-invoice, to: [{write: erp-order, channel: erp-out}]}
  - {route: more, from: {kind: application_response, partner: acme}, read: erp-invoice, to: [{write: erp-order, channel: erp-out}]}
""",
    "partners/acme.yaml": """\
partner: acme
name: Acme
status: live
ids: [{gln: '4054321000009'}]
agreements:
  - {kind: order, direction: out, message: 'json:order', expect: {response: 24h}}
  - {kind: invoice, direction: out, message: 'json:invoice', expect: {response: 3d}}
  - {kind: order_response, direction: in, message: 'json:order_response'}
  - {kind: application_response, direction: in, message: 'json:application_response'}
""",
    "channels/acme-out.yaml": FILES["channels/acme-out.yaml"].replace("{type}_{ref}.edi", "{kind}_{ref}.json"),
}
US, ACME = {"gln": "4012345500004", "name": "Muster"}, {"gln": "4054321000009", "name": "Acme"}


@pytest.fixture
def buyer(tmp_path: Path) -> House:
    """We order from Acme."""
    return House(tmp_path, changes=TRADING)


def hand_over(house: House, name: str, *, function: str = "9", number: str = "B-1") -> None:
    """An order of ours to Acme."""
    lines = [{"id": "1", "quantity": "5", "unit": "H87"}]
    head = {"kind": "order", "number": number, "function": function, "issue_date": "2026-11-24"}
    house.drop(name, json.dumps({**head, "buyer": US, "seller": ACME, "lines": lines}).encode(), channel="erp/in")
    house.engine.run_once()


def respond(house: House, response: str, *, answer: str = "R-1", order_number: str = "B-1", reason: str | None = None) -> None:
    """Acme's answer."""
    line = {
        "id": "1",
        "status": {"rejected": "rejected", "changed": "changed"}.get(response, "accepted"),
        **({"reason": reason} if reason else {}),
    }
    head = {"kind": "order_response", "number": answer, "response": response, "issue_date": "2026-11-25", "order": {"number": order_number}}
    house.drop(f"{answer}.json", json.dumps({**head, "buyer": US, "seller": ACME, "lines": [line]}).encode())
    house.engine.run_once()


@pytest.mark.parametrize(
    ("response", "message", "acknowledgement"),
    [
        ("accepted", "accepted", "accepted"),
        ("changed", "changed", "accepted_with_errors"),
        ("rejected", "refused", "rejected"),
        ("received", "delivered", "expected"),
    ],
)
def test_an_order_response_settles_the_order_it_names(buyer: House, response: str, message: str, acknowledgement: str) -> None:
    hand_over(buyer, "o.json")
    respond(buyer, response)

    assert [message, "delivered"] == states(buyer, "message")
    assert [acknowledgement] == states(buyer, "acknowledgement")
    assert "order_response" == rows(buyer, "acknowledgement")[0].kind
    assert () == buyer.engine.context.store.verify()


def test_a_refusal_says_why_at_what_we_sent(buyer: House) -> None:
    hand_over(buyer, "o.json")
    respond(buyer, "rejected", reason="out of stock until March")

    assert "the partner refused 'B-1': line 1: out of stock until March" == json.loads(rows(buyer, "outbound")[0].findings)[0]["text"]


def test_a_later_no_overrules_an_earlier_yes_and_nothing_follows_a_no(buyer: House) -> None:
    """F-K02."""
    hand_over(buyer, "o.json")
    respond(buyer, "changed")
    respond(buyer, "accepted", answer="R-2")
    assert "accepted" == states(buyer, "message")[0]

    respond(buyer, "rejected", answer="R-3")
    respond(buyer, "accepted", answer="R-4")

    assert "refused" == states(buyer, "message")[0]
    assert ["rejected"] == states(buyer, "acknowledgement")


def test_an_answer_to_nothing_we_sent_is_delivered_and_says_so(buyer: House) -> None:
    """P19."""
    hand_over(buyer, "o.json")
    respond(buyer, "accepted", order_number="B-2")

    assert ["delivered", "delivered"] == states(buyer, "message")
    assert ["expected"] == states(buyer, "acknowledgement")
    [finding] = json.loads(rows(buyer, "message")[1].findings)
    assert ("answer.unmatched", "it answers 'B-2', and we sent acme nothing of that number") == (finding["code"], finding["text"])


def test_a_business_answer_that_stays_away_is_overdue_and_may_still_come(buyer: House) -> None:
    hand_over(buyer, "o.json")
    buyer.clock.forward(hours=25)
    buyer.engine.run_once()
    assert ["overdue"] == states(buyer, "acknowledgement")

    respond(buyer, "accepted")

    assert ["accepted"] == states(buyer, "acknowledgement")


def test_an_invoice_is_answered_by_an_application_response(buyer: House) -> None:
    lines = [{"id": "1", "quantity": "12", "unit": "H87", "net_amount": "120.00"}]
    head = {"kind": "invoice", "type_code": "380", "number": "I-1", "issue_date": "2026-11-24", "currency": "EUR"}
    buyer.drop("i.json", json.dumps({**head, "seller": US, "buyer": ACME, "lines": lines}).encode(), channel="erp/in")
    buyer.engine.run_once()
    answer = {"kind": "application_response", "number": "A-1", "issue_date": "2026-11-25", "response": "rejected"}
    said = {"document": {"number": "I-1"}, "reasons": [{"code": "REF", "text": "no order number"}]}
    buyer.drop("a.json", json.dumps({**answer, **said, "sender": ACME, "receiver": US}).encode())
    buyer.engine.run_once()

    assert "refused" == states(buyer, "message")[0]
    assert ("application_response", "rejected") == (rows(buyer, "acknowledgement")[0].kind, rows(buyer, "acknowledgement")[0].state)


@pytest.mark.parametrize("function", ["5", "1"])
def test_a_replacement_or_cancellation_supersedes_and_nobody_waits_for_the_first_answer(buyer: House, function: str) -> None:
    hand_over(buyer, "o.json")
    hand_over(buyer, "p.json", function=function)

    assert ["superseded", "delivered"] == states(buyer, "message")
    assert ["waived", "expected"] == states(buyer, "acknowledgement")

    respond(buyer, "accepted")

    assert ["superseded", "accepted", "delivered"] == states(buyer, "message")


@pytest.mark.parametrize(("setting", "answers"), [("", 1), (", duplicates: {answer: again}", 2)])
def test_a_duplicate_interchange_is_answered_again_where_that_was_agreed(tmp_path: Path, setting: str, answers: int) -> None:
    partner = FILES["partners/acme.yaml"].replace("{contrl: CONTRL}", "{contrl: always}" + setting)
    house = House(tmp_path, changes={"partners/acme.yaml": partner})
    house.drop("a.edi", order(reference="17"))
    house.engine.run_once()
    house.drop("b.edi", order(reference="17"))
    house.engine.run_once()

    sent = [line for line in outbounds(house) if line.kind == "contrl"]
    assert ["accepted", "duplicate"] == states(house, "interchange")
    assert answers == len(sent)
    assert 1 == len({row.payload_sha256 for row in rows(house, "outbound") if row.kind == "contrl"})
