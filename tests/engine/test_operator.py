"""What people may do: replay, release, resend, resubmit, hold, cancel; shown first, audited, done once, never sending twice (P14, P30, P31)."""

from __future__ import annotations

import pytest

from edi.engine import reseal
from edi.engine.operator import Act, RefusedError
from edi.errors import ChannelError
from edi.store import audit
from tests.engine.house import House, invoice, order
from tests.engine.look import messages, outbounds, rows, states
from tests.engine.test_delivery import Scripted, script

ANNA = Act(who="anna", why="asked by phone")


def test_a_replay_of_what_was_delivered_sends_nothing(house: House) -> None:
    house.drop("a.edi", order())
    house.engine.run_once()

    preview = house.engine.operator.replay_preview("T1")
    done = house.engine.operator.replay("T1", ANNA)
    house.engine.run_once()

    assert ["same"] == [effect.verdict for effect in preview.effects]
    assert () == preview.leaves_the_house
    assert ([], [1]) == (done.made, done.recognised)
    assert 1 == len(house.files("erp/out"))


def test_a_preview_changes_nothing(house: House) -> None:
    """T40."""
    house.translator.broken = frozenset({"orders-eancom"})
    house.drop("a.edi", order())
    house.engine.run_once()
    house.translator.broken = frozenset()
    with house.engine.context.store.reading() as view:
        before = audit.head(view.connection)

    preview = house.engine.operator.replay_preview("M1")

    assert ["new"] == [effect.verdict for effect in preview.leaves_the_house]
    assert b'"number": "4711"' in (preview.effects[0].after or b"")
    assert ["map_failed"] == states(house, "message")
    with house.engine.context.store.reading() as view:
        assert before == audit.head(view.connection)


def test_a_replay_after_a_mapping_was_mended_delivers_once(house: House) -> None:
    house.translator.broken = frozenset({"orders-eancom"})
    house.drop("a.edi", order())
    house.engine.run_once()
    assert "mapping 'orders-eancom' is broken" == messages(house)[0].reason

    house.translator.broken = frozenset()
    house.engine.operator.replay("M1", ANNA)
    house.engine.operator.replay("M1", ANNA)
    house.engine.run_once()

    assert ["delivered"] == states(house, "message")
    assert 1 == len(house.files("erp/out"))
    assert messages(house)[0].reason is None


def test_a_replay_that_would_say_something_else_shows_it_and_leaves_what_was_sent(house: House) -> None:
    house.drop("a.edi", order())
    house.engine.run_once()
    house.translator.extra = "new field"

    preview = house.engine.operator.replay_preview("T1")
    house.engine.operator.replay("T1", ANNA)
    house.engine.run_once()

    assert ["differs"] == [effect.verdict for effect in preview.effects]
    assert 1 == len(house.files("erp/out"))
    assert b"new field" not in next(iter(house.files("erp/out").values()))


def test_a_replay_pressed_twice_with_one_key_is_done_once(house: House) -> None:
    """F-U03."""
    house.drop("a.edi", order())
    house.engine.run_once()
    act = Act(who="anna", key="command-1")

    house.engine.operator.replay("T1", act)
    again = house.engine.operator.replay("T1", act)

    assert "done before" == again.state


def test_a_duplicate_is_not_replayed_but_says_what_it_repeats(house: House) -> None:
    house.drop("a.edi", order())
    house.engine.run_once()
    house.drop("b.edi", order())
    house.engine.run_once()

    with pytest.raises(RefusedError, match="T2 is duplicate"):
        house.engine.operator.replay("T2", ANNA)


def test_a_resend_is_the_same_bytes_under_the_same_identity(house: House) -> None:
    end = script(house, "erp-out", Scripted())
    house.drop("a.edi", order())
    house.engine.run_once()
    house.engine.operator.resend("O1", ANNA)
    house.engine.run_once()

    assert 2 == len(end.seen)
    assert end.seen[0] == end.seen[1]


def test_a_resubmit_has_a_new_identity_and_reference_and_is_linked(house: House) -> None:
    house.drop("a.json", invoice(), channel="erp/in")
    house.engine.run_once()

    new = house.engine.operator.resubmit("O1", ANNA)
    house.engine.run_once()

    first, second = rows(house, "outbound")
    assert "O2" == new
    assert ("1", "2", 1) == (first.control_reference, second.control_reference, second.resubmit_of)
    assert first.identity != second.identity
    sent = house.files("acme/out")
    assert b"+2'UNH" in sent["INVOIC_2.edi"]
    assert b"UNZ+1+2'" in sent["INVOIC_2.edi"]
    assert ["delivered"] == states(house, "message")


def test_what_has_no_identity_of_its_own_goes_out_under_another_name_and_that_is_said(house: House) -> None:
    house.drop("a.edi", order())
    house.engine.run_once()

    new = house.engine.operator.resubmit("O1", ANNA)
    note = house.engine.operator.note_on(str(new))
    house.engine.run_once()

    assert str(note).startswith("the same bytes as O1: they hold no identity but the document's number")
    assert 2 == len(house.files("erp/out"))
    assert 1 == len(set(house.files("erp/out").values()))


def test_ubl_with_a_uuid_or_an_envelope_gets_new_ones() -> None:
    plain = b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' xmlns:cbc='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2'><cbc:ID>1</cbc:ID>%s</Invoice>"
    assert reseal._with_new_ids(plain % b"") is None
    renewed = [reseal._with_new_ids(plain % b"<cbc:UUID>old</cbc:UUID>") for _ in range(2)]
    assert len({b"old", *(str(one).partition("UUID>")[2].partition("<")[0].encode() for one in renewed)}) == 3
    assert all(b"<cbc:ID>1</cbc:ID>" in (one or b"") for one in renewed)


def test_a_delivery_that_was_refused_goes_out_after_a_resend(house: House) -> None:
    script(house, "erp-out", Scripted([ChannelError("disk quota")]))
    house.drop("a.edi", order())
    house.engine.run_once()
    house.engine.operator.resend("O1", ANNA)
    house.engine.run_once()

    assert (["acknowledged"], ["delivered"]) == (states(house, "outbound"), states(house, "message"))


def test_what_is_held_stays_until_it_is_released(house: House) -> None:
    script(house, "erp-out", Scripted([]))
    house.engine.operator.hold_all(ANNA)
    house.drop("a.edi", order())
    house.engine.run_once()
    assert ["ready"] == states(house, "outbound")

    house.engine.operator.hold("O1", ANNA)
    house.engine.operator.release_all(ANNA)
    house.engine.run_once()
    assert ["held"] == states(house, "outbound")

    house.engine.operator.release("O1", ANNA)
    house.engine.run_once()
    assert ["acknowledged"] == states(house, "outbound")


def test_what_is_cancelled_never_leaves(house: House) -> None:
    house.engine.operator.hold_all(ANNA)
    house.drop("a.edi", order())
    house.engine.run_once()
    house.engine.operator.cancel("O1", ANNA)
    house.engine.operator.release_all(ANNA)
    house.engine.run_once()

    assert {} == house.files("erp/out")
    assert (["cancelled"], ["delivered"]) == (states(house, "outbound"), states(house, "message"))


def test_a_quarantined_file_can_be_discarded_with_a_reason(house: House) -> None:
    house.drop("a.edi", b"nothing")
    house.engine.run_once()
    house.engine.operator.discard("T1", ANNA)

    assert ["discarded"] == states(house, "transmission")
    with pytest.raises(RefusedError, match="T1 is discarded; `discard` is for"):
        house.engine.operator.discard("T1", ANNA)


def test_every_act_is_audited_with_who_why_and_the_configuration(house: House) -> None:
    house.drop("a.edi", b"nothing")
    house.engine.run_once()
    house.engine.operator.discard("T1", ANNA)

    with house.engine.context.store.reading() as view:
        acts = [entry.event for entry in audit.entries(view.connection, ["T1"]) if entry.event.event == "discard"]
    assert [("operator:anna", "asked by phone", house.engine.context.workspace.digest)] == [
        (event.actor, event.detail["why"], event.detail["configuration"]) for event in acts
    ]


def test_a_name_of_nothing_is_told_apart_from_a_name_of_another_thing(house: House) -> None:
    with pytest.raises(RefusedError, match="there is no T99"):
        house.engine.operator.replay("T99", ANNA)
    with pytest.raises(RefusedError, match="'hello' is not a name like M12"):
        house.engine.operator.replay("hello", ANNA)


def test_what_may_still_arrive_is_not_resubmitted(house: House) -> None:
    house.engine.operator.hold_all(ANNA)
    house.drop("a.edi", order())
    house.engine.run_once()

    with pytest.raises(RefusedError, match="O1 is ready; `resubmit` is for"):
        house.engine.operator.resubmit("O1", ANNA)
    assert 1 == len(outbounds(house))
