"""Rows of the checklist that need more than one document on its way: other headers, TLS, changed and lost bytes, unknown names."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edi.channels.as2.building import build
from edi.channels.as2.mdn import judge
from edi.channels.as2.opening import Payload
from edi.channels.as2.sending import As2Outbound
from edi.engine.ports import Delivery, Sent
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.slices import Slice
from tests.interop.cases import BY_KEY, EDI, SIGNED_MDN
from tests.interop.conftest import Both
from tests.interop.house import wait_for

pytestmark = [pytest.mark.proof, pytest.mark.server]


def sender(both: Both, key: str) -> As2Outbound:
    found = both.house.engine.context.channels.outbound(key)
    assert isinstance(found, As2Outbound)
    return found


def prepared(end: As2Outbound, payload: bytes = EDI, identity: str = "") -> Delivery:
    delivery = Delivery(
        identity=identity or secrets.token_hex(16), filename="order.edi", content=Slice.of(payload), content_type="application/edifact"
    )
    return end.prepare(delivery, datetime.now(UTC))


def with_headers(delivery: Delivery, **changes: str | None) -> Delivery:
    """Header fields replaced, added, or (None) left out; underscores stand for hyphens."""
    names = {name.replace("_", "-").lower(): value for name, value in changes.items()}
    fields = [pair for pair in json.loads(delivery.attributes["as2_headers"]) if pair[0].lower() not in names]
    fields += [[name, value] for name, value in names.items() if value is not None]
    return replace(delivery, attributes={**delivery.attributes, "as2_headers": json.dumps(fields)})


@pytest.mark.parametrize(
    "changes",
    [
        {"Disposition_Notification_To": "edi@partner.example"},
        {"Disposition_Notification_To": "http://partner.example/"},
        {"Disposition_Notification_To": "?!"},
        {"Disposition_Notification_Options": SIGNED_MDN.replace("optional", "required")},
        {"AS2_Version": "1.0"},
        {"AS2_Version": "1.1"},
        {"AS2_Version": None, "EDIINT_Features": None},
        {"EDIINT_Features": "AS2-Reliability, something-else"},
        {"X_Unknown": "y" * 8000},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_rows_44_45_61_to_63_it_answers_other_headers_as_well(both: Both, changes: dict[str, str | None]) -> None:
    end = sender(both, "headers")

    assert isinstance(end.send(with_headers(prepared(end), **changes)), Sent)


@pytest.mark.parametrize("identity", ["a$b/c:d_e", "x" * 200])
def test_row_59_it_echoes_message_ids_of_any_form(both: Both, identity: str) -> None:
    end = sender(both, "headers")

    assert isinstance(end.send(prepared(end, identity=identity)), Sent)


def test_row_42_what_it_answers_to_a_digest_nobody_has_is_no_delivery(both: Both) -> None:
    end = sender(both, "odd-options")

    with pytest.raises(ChannelError):
        end.send(with_headers(prepared(end), Disposition_Notification_Options=SIGNED_MDN.replace("sha-256", "md99")))


def test_row_21_both_ways_over_tls(both: Both) -> None:
    case = BY_KEY["tls"]
    state, reason = both.house.send(case)
    both.peer.give(case)

    assert (state, reason) == ("acknowledged", "")
    found = wait_for(lambda: both.house_tls.received(case))
    assert both.house_tls.payload(found[0]) == case.payload
    assert wait_for(lambda: both.peer.believed(case))


def test_row_21_a_server_nobody_vouches_for_gets_nothing(both: Both) -> None:
    end = sender(both, "tls-unknown")

    with pytest.raises(TemporaryChannelError, match="signed by itself"):
        end.send(prepared(end))


def test_row_70_a_byte_changed_on_the_way(both: Both) -> None:
    end, case = sender(both, "flipped"), BY_KEY["flipped"]
    both.to_peer.change = both.to_us.change = flipping
    try:
        with pytest.raises(ChannelError, match="integrity-check-failed"):
            end.send(prepared(end))
        both.peer.give(case)
        found = wait_for(lambda: both.house.refusals(case))
    finally:
        both.to_peer.change = both.to_us.change = bytes

    assert found[0]["disposition"] == "processed/error: integrity-check-failed"
    assert both.house.received(case) == []


def flipping(data: bytes) -> bytes:
    return data.replace(b"4012345500004:14", b"4012345500004:24")


def test_rows_82_84_a_lost_answer_brings_the_same_message_again(both: Both) -> None:
    end, case = sender(both, "lost"), BY_KEY["lost"]
    delivery = prepared(end)
    both.to_peer.lose = 1
    with pytest.raises(UnknownOutcomeError):
        end.send(delivery)
    both.to_us.lose = 1
    both.peer.give(case)

    assert isinstance(end.send(delivery), Sent)
    assert wait_for(lambda: both.peer.believed(case), 40)
    assert len(both.house.received(case)) == 1


def test_row_73_names_that_are_not_agreed(both: Both) -> None:
    end, case = sender(both, "strangers"), BY_KEY["strangers"]
    with pytest.raises(TemporaryChannelError, match="the server answered 500"):
        end.send(prepared(end))  # it says nothing but that
    both.peer.give(case)

    assert wait_for(lambda: both.peer.log("unknown-trading-relationship"))
    assert both.house.received(case) == []


def test_row_23_two_messages_in_a_row(both: Both) -> None:
    end, case = sender(both, "two"), BY_KEY["two"]
    for _ in range(2):
        assert isinstance(end.send(prepared(end)), Sent)
    for number in range(2):
        both.peer.give(replace(case, filename=f"{number}.edi"))

    assert wait_for(lambda: len(both.house.received(case)) == 2)


def test_rows_87_88_it_takes_a_message_with_several_documents_as_one_file(both: Both) -> None:
    end = sender(both, "several")
    agreement = end.keys.agreement(datetime.now(UTC))
    payloads = [
        Payload(content=Slice.of(EDI + bytes([index])), content_type="application/edifact", filename=f"{index}.edi") for index in range(3)
    ]
    made = build(payloads, agreement, message_id="<several@us>", subject="x", at=datetime.now(UTC), random=secrets.token_bytes)
    read = end.read(end.post(made.headers, made.body), datetime.now(UTC))

    assert judge(read, message_id=made.message_id, mic=made.mic, must_be_signed=True) is None
