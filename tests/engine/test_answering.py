"""Answers to content: a negative APERAK or UBL ApplicationResponse where the agreement asks, read and matched by the other side (P20-P22)."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.engine.content import Reading, ReadMessage
from edi.engine.operator import Act
from edi.engine.reading import EdifactContent
from edi.findings import Outcome
from edi.formats.edifact import aperak
from edi.formats.edifact import reader as edifact_reader
from edi.formats.edifact.aperak import Aperak
from edi.formats.ubl import reader as ubl_reader
from edi.workspace.agreement import Acknowledge
from tests.engine.house import House, PlainTranslator, invoice, order
from tests.engine.look import outbound_kinds, rows, states
from tests.engine.test_ubl import Make, make, ubl  # noqa: F401 -- `make` is a fixture

NOTHING_ORDERED = order(quantity=0, reference="55")
"""Right as EDIFACT, wrong as an order."""
ACT = Act(who="test", why="looked at it")


def answering(folder: Path, wanted: str) -> House:
    return House(folder, contrl=f"never, aperak: {wanted}")


def answers(house: House) -> list[Aperak]:
    """The APERAKs that lie in Acme's folder."""
    found = []
    for data in house.files("acme/out").values():
        (interchange,) = edifact_reader.read(data).value or ()
        found += [aperak.read(one) for one in interchange.messages if one.identifier.type == "APERAK"]
    return found


def test_wrong_content_is_refused_by_an_aperak_that_names_number_place_and_reason(tmp_path: Path) -> None:
    """M19."""
    house = answering(tmp_path, "on_error")
    house.drop("a.edi", NOTHING_ORDERED)
    house.engine.run_once()

    (said,) = answers(house)
    assert not said.accepted
    assert [(one.qualifier, one.value) for one in said.references] == [("ON", "4711"), ("ACW", "1")]
    assert [one.code for one in said.errors] == ["12"]
    assert said.errors[0].text == "lines[0].quantity: lines[0] orders 0"
    assert [(one.qualifier, one.value) for one in said.errors[0].references] == [("LI", "1")]
    assert (said.buyer, said.supplier) == ("4054321000009", "4012345500004")
    assert states(house, "message") == ["map_failed"]


def test_what_is_right_is_answered_only_where_always_was_agreed(tmp_path: Path) -> None:
    for wanted, expected in (("on_error", []), ("always", [True])):
        house = answering(tmp_path / wanted, wanted)
        house.drop("a.edi", order())
        house.engine.run_once()
        assert [one.accepted for one in answers(house)] == expected
        house.engine.close()


def test_our_own_troubles_are_not_told_the_partner(tmp_path: Path) -> None:
    house = answering(tmp_path, "on_error")
    house.translator.broken = frozenset({"erp-order"})
    house.drop("a.edi", order())
    house.engine.run_once()
    assert states(house, "message") == ["map_failed"]
    assert answers(house) == []


def test_m04_a_number_used_before_is_refused_where_that_was_agreed(tmp_path: Path) -> None:
    house = House(tmp_path, contrl="never, aperak: on_error}, duplicates: {document: reject")
    house.drop("a.edi", order("4711", reference="1"))
    house.engine.run_once()
    house.drop("b.edi", order("4711", reference="2", quantity=49))
    house.engine.run_once()
    (said,) = answers(house)
    assert [one.code for one in said.errors] == ["26"]
    assert "came before, as M1, with other content" in said.errors[0].text


@pytest.mark.parametrize(("function", "verb"), [("5", "replaces"), ("1", "cancels")])
def test_m05_a_replacement_of_an_order_that_never_came_is_refused_where_that_was_agreed(tmp_path: Path, function: str, verb: str) -> None:
    house = House(tmp_path, contrl="never, aperak: on_error}, duplicates: {original: reject")
    house.engine.close()
    house.translator = WithFunction()
    house.again()
    late = order("4711", reference="1").replace(b"BGM+220+4711+9'", f"BGM+220+4711+{function}'".encode())
    house.drop("a.edi", late)
    house.engine.run_once()
    (said,) = answers(house)
    assert [one.code for one in said.errors] == ["12"]
    assert f"{verb} one that never came" in said.errors[0].text
    assert (states(house, "message"), house.files("erp/out")) == (["held"], {})

    house.engine.operator.release("T1", ACT)
    house.engine.settle()
    assert states(house, "message") == ["delivered"]


def test_m05_a_replacement_of_an_order_that_came_takes_its_place(tmp_path: Path) -> None:
    house = House(tmp_path, contrl="never, aperak: on_error}, duplicates: {original: reject")
    house.engine.close()
    house.translator = WithFunction()
    house.again()
    house.drop("a.edi", order("4711", reference="1"))
    house.engine.run_once()
    house.drop("b.edi", order("4711", reference="2", quantity=49).replace(b"BGM+220+4711+9'", b"BGM+220+4711+5'"))
    house.engine.run_once()
    assert (states(house, "message"), answers(house)) == (["superseded", "delivered"], [])


class WithFunction(PlainTranslator):
    """Reads 1225 too."""

    def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
        read = super().read(mapping, message, partner=partner)
        if read.value is None or not isinstance(message.content, EdifactContent):
            return read
        function = message.content.message.segments[1].get(3)
        return Outcome(Reading(document={**read.value.document, "function": function}), read.findings)


def test_p21_processing_it_again_answers_it_no_second_time(tmp_path: Path) -> None:
    house = answering(tmp_path, "on_error")
    house.drop("a.edi", NOTHING_ORDERED)
    house.engine.run_once()
    for _ in range(2):
        house.engine.operator.replay("T1", ACT)
        house.engine.settle()
    assert outbound_kinds(house) == ["aperak"]


def test_p20_neither_an_aperak_nor_a_contrl_is_answered(tmp_path: Path) -> None:
    """Two of our own houses wired back to back: the exchange ends."""
    house = answering(tmp_path, "always")
    segments = ["UNH+1+APERAK:D:96A:UN'", "BGM++77+27'", "RFF+IV:R-9'", "ERC+12'"]
    body = "".join([*segments, f"UNT+{len(segments) + 1}+1'"])
    house.drop("a.edi", f"UNB+UNOC:3+4054321000009:14+4012345500004:14+261124:1000+9'{body}UNZ+1+9'".encode())
    house.engine.run_once()
    assert outbound_kinds(house) == []


def test_the_other_side_matches_our_aperak_with_what_it_sent(tmp_path: Path) -> None:
    """What we write we also read: the same bytes with the parties changed over refuse an invoice of ours."""
    house = answering(tmp_path, "on_error")
    house.drop("r.json", invoice("4711"), channel="erp/in")
    house.drop("a.edi", NOTHING_ORDERED)
    house.engine.run_once()
    (ours,) = [data for data in house.files("acme/out").values() if b"APERAK" in data]
    theirs = ours.replace(b"4012345500004:14+4054321000009:14", b"4054321000009:14+4012345500004:14")
    house.drop("answer.edi", theirs)
    house.engine.run_once()
    assert [(row.kind, row.state) for row in rows(house, "acknowledgement") if row.kind == "aperak"] == [("aperak", "rejected")]


def test_x17_a_document_against_its_schema_is_refused_by_an_application_response(make: Make) -> None:  # noqa: F811
    house = make("rules: none, acknowledge: {response: on_error}", rule_sets=False)
    house.drop(
        "a.xml",
        ubl("G-7").replace(b"<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", b"<cbc:Nonsense>1</cbc:Nonsense>"),
        channel="globex/in",
    )
    house.engine.run_once()

    assert outbound_kinds(house) == ["application_response"]
    (data,) = house.files("globex/out").values()
    document = ubl_reader.read(data).value
    assert document is not None
    text = data.decode()
    assert "<cbc:ResponseCode>RE</cbc:ResponseCode>" in text
    assert "<cbc:StatusReasonCode>SV</cbc:StatusReasonCode>" in text
    assert ">G-7</cbc:ID>" in text


@pytest.mark.parametrize("customization", ["urn:globex", "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"])
def test_a_document_with_a_day_that_never_was_is_refused_for_a_business_rule(make: Make, customization: str) -> None:  # noqa: F811
    house = make("rules: none, acknowledge: {response: on_error}", rule_sets=False)
    house.drop(
        "a.xml", ubl("G-7", custom=customization).replace(b"<cbc:IssueDate>2026-11-22<", b"<cbc:IssueDate>2026-02-30<"), channel="globex/in"
    )
    house.engine.run_once()
    (data,) = house.files("globex/out").values()
    assert (b"urn:fdc:peppol.eu:poacc:trns:mlr:3" in data) == ("peppol" in customization)
    assert b"<cbc:StatusReasonCode>" in data


def test_m20_a_document_whose_sum_is_not_that_of_its_lines_is_refused_with_both_amounts(make: Make) -> None:  # noqa: F811
    house = make("rules: none, acknowledge: {response: on_error}", rule_sets=False)
    house.drop(
        "a.xml", ubl("G-7").replace(b">10.00</cbc:LineExtensionAmount>", b">11.00</cbc:LineExtensionAmount>", 1), channel="globex/in"
    )
    house.engine.run_once()

    (data,) = house.files("globex/out").values()
    assert (b"<cbc:ResponseCode>RE</cbc:ResponseCode>" in data, b"11.00" in data, b"10.00" in data) == (True, True, True)
    assert (states(house, "message"), house.files("erp/out")) == (["map_failed"], {})


def test_only_a_contrl_can_be_requested() -> None:
    with pytest.raises(ValueError, match="only a CONTRL can be asked for"):
        Acknowledge(aperak="on_request")
