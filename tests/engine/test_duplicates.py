"""The same again has no second effect; something else under the same name is held (P5-P9, M01-M04)."""

from __future__ import annotations

from tests.engine.house import House, invoice, order
from tests.engine.look import messages, outbound_kinds, states


def test_the_same_interchange_again_is_a_duplicate_without_effect(house: House) -> None:
    """M01."""
    house.drop("a.edi", order())
    house.engine.run_once()
    house.drop("b.edi", order())
    house.engine.run_once()

    assert ["accepted", "duplicate"] == states(house, "transmission")
    assert 1 == len(house.files("erp/out"))


def test_the_same_reference_with_other_content_is_a_conflict_and_held(house: House) -> None:
    """M02."""
    house.drop("a.edi", order(quantity=48))
    house.engine.run_once()
    house.drop("b.edi", order(quantity=49))
    house.engine.run_once()

    assert ["accepted", "conflict"] == states(house, "interchange")
    assert ["delivered", "held"] == states(house, "message")
    assert 1 == len(house.files("erp/out"))


def test_a_conflict_is_answered_with_code_26(tmp_path: object) -> None:
    """M02."""
    from pathlib import Path

    house = House(Path(str(tmp_path)), contrl="always")
    house.drop("a.edi", order(quantity=48))
    house.engine.run_once()
    house.drop("b.edi", order(quantity=49))
    house.engine.run_once()

    answers = list(house.files("acme/out").values())
    assert b"UCI+1+4054321000009:14+4012345500004:14+7'" in answers[0]
    assert b"UCI+1+4054321000009:14+4012345500004:14+4+26+UNB+6'" in answers[1]
    house.engine.close()


def test_the_same_order_in_a_new_interchange_is_a_duplicate_document(house: House) -> None:
    house.drop("a.edi", order("4711", reference="1"))
    house.engine.run_once()
    house.drop("b.edi", order("4711", reference="2"))
    house.engine.run_once()

    assert ["delivered", "duplicate"] == states(house, "message")
    assert 1 == len(house.files("erp/out"))


def test_the_same_order_number_with_other_content_is_held(house: House) -> None:
    house.drop("a.edi", order("4711", reference="1", quantity=48))
    house.engine.run_once()
    house.drop("b.edi", order("4711", reference="2", quantity=49))
    house.engine.run_once()

    assert ["delivered", "conflict"] == states(house, "message")
    assert "order '4711' came before, as M1, with other content" == messages(house)[0].reason


def test_a_refused_interchange_may_be_corrected_and_sent_under_the_same_reference(house: House) -> None:
    house.drop("a.edi", order().replace(b"UNZ+1+1", b"UNZ+2+1"))
    house.engine.run_once()
    house.drop("b.edi", order())
    house.engine.run_once()

    assert ["rejected", "accepted"] == states(house, "interchange")
    assert ["order"] == outbound_kinds(house)


def test_an_invoice_of_ours_that_failed_may_be_corrected_under_its_number(house: House) -> None:
    house.drop("a.json", invoice("R-1").replace(b'"type_code": "380", ', b""), channel="erp/in")
    house.engine.run_once()
    house.drop("b.json", invoice("R-1"), channel="erp/in")
    house.engine.run_once()

    assert ["delivered", "map_failed"] == sorted(states(house, "message"))


def test_a_file_that_could_not_be_removed_has_no_second_effect(house: House) -> None:
    house.drop("a.edi", order())
    house.engine.run_once()
    inbound = house.engine.context.channels.inbound("acme-in")
    house.drop("a.edi", order())
    offer = next(iter(inbound.offers()))
    with house.engine.context.store.writing("test", house.clock.now()) as transaction:
        from sqlalchemy import update

        from edi.store.tables import transmission

        transaction.connection.execute(update(transmission).values(transport_id=offer.transport_id))

    polled = house.engine.poll("acme-in")

    assert (0, 1) == (polled.kept, polled.known)
    assert {} == house.files("acme/in")
