"""The tests every channel kind passes: kept before confirmed, each file once, nothing torn, nothing overwritten.

They assert; they know no test framework. `rig` is handed in by a fixture of that name.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from edi.engine.ports import Delivery, Offer
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.slices import Slice
from edi.testing.parties import Crash, Receiver, Sender
from edi.testing.rig import Rig

CONTENT = b"UNB+UNOC:3+A+B+261122:0914+1'UNZ+0+1'\r\n\x00\xff" * 3000
"""More than one packet of any protocol, with bytes that are no text."""


def delivery(filename: str = "INVOIC_1.edi", payload: bytes = CONTENT, *, identity: str = "edi-1") -> Delivery:
    """A delivery to send."""
    return Delivery(identity=identity, filename=filename, content=Slice.of(payload), content_type="application/EDIFACT")


class InboundSuite:
    """The receiving end."""

    def test_a_file_arrives_as_it_was_sent(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        (offer,) = inbound.offers()
        assert offer.filename == "order.edi"
        assert offer.size in {None, len(CONTENT)}
        assert inbound.fetch(offer) == CONTENT
        inbound.close()

    def test_an_empty_file_is_offered_too(self, rig: Rig) -> None:
        rig.put("empty.edi", b"")
        inbound = rig.inbound()
        assert [inbound.fetch(offer) for offer in inbound.offers()] == [b""]
        inbound.close()

    def test_nothing_is_taken_away_before_it_is_confirmed(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        for offer in inbound.offers():
            inbound.fetch(offer)
        inbound.close()
        assert rig.lies_there() == {"order.edi": CONTENT}

    def test_what_was_confirmed_is_not_offered_again(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        Receiver().run(inbound)
        assert list(inbound.offers()) == []
        inbound.close()

    def test_confirming_again_does_no_harm(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        (offer,) = inbound.offers()
        inbound.confirm(offer)
        inbound.confirm(offer)
        inbound.close()
        rig.inbound().confirm(offer)

    def test_the_same_file_keeps_its_identity_over_a_restart(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        assert _identities(rig) == _identities(rig) != set()

    def test_another_file_of_the_same_name_has_another_identity(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        before = _identities(rig)
        rig.put("order.edi", CONTENT + b"more")
        assert before.isdisjoint(_identities(rig))

    def test_an_offer_of_an_earlier_life_can_still_be_fetched(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        (offer,) = rig.inbound().offers()
        inbound = rig.inbound()
        assert inbound.fetch(Offer(transport_id=offer.transport_id, filename=offer.filename, size=offer.size)) == CONTENT
        inbound.close()

    def test_an_unfinished_file_waits_until_it_is_finished(self, rig: Rig) -> None:
        rig.put_unfinished("order.edi", CONTENT[:1000])
        receiver, inbound = Receiver(), rig.inbound()
        receiver.run(inbound)
        assert receiver.kept == {}
        rig.put("order.edi", CONTENT)
        receiver.run(inbound)
        assert list(receiver.kept.values()) == [CONTENT]
        inbound.close()

    def test_a_file_replaced_after_it_was_offered_is_not_taken_for_the_offered_one(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        (offer,) = inbound.offers()
        rig.put("order.edi", b"another")
        with suppress(TemporaryChannelError):
            assert inbound.fetch(offer) == CONTENT
        inbound.close()

    def test_a_file_that_is_gone_is_a_temporary_failure(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        (offer,) = inbound.offers()
        inbound.confirm(offer)
        _must_be_temporary(lambda: inbound.fetch(offer))
        inbound.close()

    def test_confirming_leaves_a_file_alone_that_came_later_under_the_same_name(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        (offer,) = inbound.offers()
        inbound.fetch(offer)
        rig.put("order.edi", b"another")
        inbound.confirm(offer)
        inbound.close()
        assert rig.lies_there() == {"order.edi": b"another"}

    def test_another_file_of_the_same_name_size_and_moment_is_never_put_away_unread(self, rig: Rig) -> None:
        rig.put("order.edi", b"one")
        receiver, inbound = Receiver(), rig.inbound()
        (offer,) = inbound.offers()
        receiver.kept[offer.transport_id] = inbound.fetch(offer)
        rig.put("order.edi", b"two")
        inbound.confirm(replace(offer, kept=hashlib.sha256(b"one").hexdigest()))
        inbound.close()
        assert rig.lies_there() == {"order.edi": b"two"}
        receiver.run(rig.inbound())
        assert sorted(receiver.kept.values()) == [b"one", b"two"]
        assert rig.lies_there() == {}

    def test_a_crash_after_any_step_loses_nothing_and_doubles_nothing(self, rig: Rig) -> None:
        for dies_after in range(1, 12):
            wanted = {b"%d-%d" % (dies_after, number) for number in range(3)}
            for payload in wanted:
                rig.put(f"order-{payload.decode()}.edi", payload)
            receiver = Receiver(dies_after=dies_after)
            with suppress(Crash):
                receiver.run(rig.inbound())
            receiver.run(rig.inbound())
            assert sorted(receiver.kept.values()) == sorted(wanted)
            assert rig.lies_there() == {}

    def test_a_connection_cut_anywhere_loses_nothing_and_doubles_nothing(self, rig: Rig) -> None:
        for number, cut in enumerate(rig.cuts()):
            payload = CONTENT + b"%d" % number
            rig.put("order.edi", payload)
            receiver = Receiver()
            with cut, suppress(TemporaryChannelError):
                receiver.run(rig.inbound())
            receiver.run(rig.inbound())
            assert list(receiver.kept.values()) == [payload]
            assert rig.lies_there() == {}

    def test_two_pollers_see_the_same_identities(self, rig: Rig) -> None:
        for number in range(5):
            rig.put(f"order-{number}.edi", b"%d" % number)
        one, other = rig.inbound(), rig.inbound()
        assert {offer.transport_id for offer in one.offers()} == {offer.transport_id for offer in other.offers()}
        one.close()
        other.close()

    def test_the_connection_opens_again_after_close(self, rig: Rig) -> None:
        rig.put("order.edi", CONTENT)
        inbound = rig.inbound()
        assert len(list(inbound.offers())) == 1
        inbound.close()
        inbound.close()
        assert len(list(inbound.offers())) == 1
        inbound.close()


class OutboundSuite:
    """The sending end."""

    def test_a_delivery_lies_there_whole_under_its_name(self, rig: Rig) -> None:
        outbound = rig.outbound()
        outbound.send(delivery())
        outbound.close()
        assert rig.lies_there() == {"INVOIC_1.edi": CONTENT}

    def test_sending_again_makes_no_second_copy(self, rig: Rig) -> None:
        rig.outbound().send(delivery())
        rig.outbound().send(delivery())
        assert list(rig.lies_there().values()) == [CONTENT]

    def test_a_file_of_the_same_name_is_never_overwritten(self, rig: Rig) -> None:
        rig.put("INVOIC_1.edi", b"theirs")
        outbound = rig.outbound()
        with suppress(ChannelError):
            outbound.send(delivery())
        assert rig.lies_there()["INVOIC_1.edi"] == b"theirs"
        outbound.close()

    def test_looking_finds_what_was_sent(self, rig: Rig) -> None:
        outbound = rig.outbound()
        outbound.send(delivery())
        assert outbound.look(delivery()) in {True, None}
        outbound.close()

    def test_looking_never_finds_what_was_not_sent(self, rig: Rig) -> None:
        rig.put("INVOIC_1.edi", b"theirs")
        outbound = rig.outbound()
        assert outbound.look(delivery()) is not True
        outbound.close()

    def test_a_connection_cut_anywhere_leaves_exactly_one_whole_copy_in_the_end(self, rig: Rig) -> None:
        for number, cut in enumerate(rig.cuts()):
            wanted = delivery(f"INVOIC_{number}.edi", CONTENT + b"%d" % number, identity=f"edi-{number}")
            outbound = rig.outbound()
            with cut:
                first = _outcome(outbound.send, wanted)
            there = rig.lies_there()
            assert there.get(wanted.filename, wanted.payload) == wanted.payload, "a torn file lay under its final name"
            assert first != "temporary" or wanted.filename not in there, "said that it did not arrive, but it did"
            if first != "sent":
                Sender().run(outbound, wanted)
            outbound.close()
            assert [name for name, payload in rig.lies_there().items() if payload == wanted.payload] == [wanted.filename]

    def test_deliveries_one_after_the_other_use_one_end(self, rig: Rig) -> None:
        outbound = rig.outbound()
        for number in range(5):
            outbound.send(delivery(f"INVOIC_{number}.edi", b"%d" % number, identity=str(number)))
        outbound.close()
        assert sorted(rig.lies_there().values()) == [b"0", b"1", b"2", b"3", b"4"]

    def test_two_workers_may_send_at_the_same_time(self, rig: Rig) -> None:
        outbound = rig.outbound()
        wanted = [delivery(f"INVOIC_{number}.edi", CONTENT[: 2000 * number + 1], identity=str(number)) for number in range(8)]
        with ThreadPoolExecutor(4) as workers:
            list(workers.map(outbound.send, wanted))
        outbound.close()
        assert rig.lies_there() == {one.filename: one.payload for one in wanted}


class ChannelSuite(InboundSuite, OutboundSuite):
    """Both ends; use the halves for kinds that only have one."""


def _identities(rig: Rig) -> set[str]:
    inbound = rig.inbound()
    found = {offer.transport_id for offer in inbound.offers()}
    inbound.close()
    return found


def _must_be_temporary(call: object) -> None:
    assert callable(call)
    try:
        call()
    except TemporaryChannelError:
        return
    raise AssertionError("a TemporaryChannelError was expected")


def _outcome(send: object, wanted: Delivery) -> str:
    assert callable(send)
    try:
        send(wanted)
    except TemporaryChannelError:
        return "temporary"
    except UnknownOutcomeError:
        return "unknown"
    return "sent"
