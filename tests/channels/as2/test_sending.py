"""Sending: made once, sent the same until its receipt proves that it arrived; every outcome is one of three (faults 3.3)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from edi.channels.as2.disposition import error, failure
from edi.channels.as2.mdn import Fault
from edi.channels.as2.mic import Mic
from edi.formats.mime import Headers
from edi.store import tables
from tests.channels.as2.rig import As2House, Heard, Peer, ok, raw, receipt, request, with_receipt
from tests.engine.house import invoice
from tests.formats.cms.conftest import make_identity

Make = Callable[..., As2House]


def sending(house: Make, peer: Peer, *scripts: Any, outside: str = "") -> As2House:
    made = house(url=peer.url, outside=outside)
    peer.scripts += list(scripts) or [with_receipt(made)]
    made.drop_invoice(invoice())
    return made


def test_a_good_receipt_is_delivery(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    report = made.engine.run_once()

    assert report.problems == []
    assert made.sent().state == "acknowledged"
    assert peer.heard[0].headers.get("content-type").startswith("application/pkcs7-mime")
    with made.engine.context.store.reading() as view:
        assert peer.heard[0].body == view.payload(made.sent().wire_sha256)


def retried(made: As2House) -> None:
    made.clock.forward(minutes=6)
    made.engine.settle()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_f_o02_row_84_a_server_in_trouble_is_tried_again_with_the_same_bytes(house: Make, peer: Peer, status: int) -> None:
    made = sending(house, peer)
    peer.scripts[:] = [lambda heard: ok(status=f"{status} No"), with_receipt(made)]
    made.engine.run_once()
    assert made.sent().state == "retry_wait"
    retried(made)

    assert made.sent().state == "acknowledged"
    first, second = peer.heard
    assert (first.headers, first.body) == (second.headers, second.body)


def test_f_o02_nobody_listens(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    peer.close()
    made.engine.run_once()

    assert made.sent().state == "retry_wait"
    assert "no connection" in made.sent().reason


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413])
def test_f_o03_row_22_a_refusal_is_not_tried_again(house: Make, peer: Peer, status: int) -> None:
    made = sending(house, peer, lambda heard: ok(status=f"{status} No"))
    made.engine.run_once()
    retried(made)

    assert (made.sent().state, len(peer.heard)) == ("rejected", 1)
    assert str(status) in made.sent().reason


@pytest.mark.parametrize("status", [301, 302, 307])
def test_f_o04_redirects_are_not_followed(house: Make, peer: Peer, status: int) -> None:
    made = sending(house, peer, lambda heard: ok(headers=[("Location", peer.url + "/other")], status=f"{status} Moved"))
    made.engine.run_once()

    assert (made.sent().state, len(peer.heard)) == ("rejected", 1)
    assert "redirect" in made.sent().reason


@pytest.mark.parametrize(
    "script",
    [
        lambda heard: ok(),
        lambda heard: ok(b"<html>fine</html>", [("Content-Type", "text/html")]),
        lambda heard: ok(status="204 No Content"),
        lambda heard: None,
    ],
    ids=["empty", "html", "204", "cut"],
)
def test_f_o05_f_o06_rows_82_83_a_missing_receipt_means_unknown_and_the_same_again(house: Make, peer: Peer, script: Any) -> None:
    made = sending(house, peer)
    peer.scripts[:] = [script, with_receipt(made)]
    made.engine.run_once()
    assert made.sent().state == "unknown"
    retried(made)

    assert made.sent().state == "acknowledged"
    first, second = peer.heard
    assert (first.headers, first.body) == (second.headers, second.body)


def test_f_o05_a_receipt_for_another_message_is_none_for_ours(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    peer.scripts[:] = [with_receipt(made, original_id="<other@us>"), with_receipt(made)]
    made.engine.run_once()

    assert made.sent().state == "unknown"
    assert Fault.MESSAGE_ID_MISMATCH in made.sent().reason


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"signed": False}, Fault.UNSIGNED),
        ({"mic": Mic(b"x" * 32, "sha256")}, Fault.MIC_MISMATCH),
        ({"mic": None}, Fault.MIC_MISSING),
        ({"disposition": error("decryption-failed")}, Fault.ERROR_MODIFIER),
        ({"disposition": failure("unsupported format")}, Fault.FAILURE_MODIFIER),
    ],
)
def test_f_o05_p25_a_receipt_that_says_no_is_a_refusal_by_name(house: Make, peer: Peer, changes: dict[str, Any], fault: Fault) -> None:
    made = sending(house, peer)
    peer.scripts[:] = [with_receipt(made, **changes)]
    made.engine.run_once()
    retried(made)

    assert (made.sent().state, len(peer.heard)) == ("rejected", 1)
    assert fault in made.sent().reason


def test_f_o05_t15_a_receipt_by_somebody_else_is_no_delivery(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    peer.scripts[:] = [with_receipt(made, sign_with=replace(made.partner(), ours=(make_identity("stranger"),)))]
    made.engine.run_once()

    assert made.sent().state == "rejected"
    assert Fault.UNTRUSTED_SIGNER in made.sent().reason


def test_f_o09_row_81_interim_answers_are_passed_over(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    interim = b"HTTP/1.1 102 Processing\r\n\r\n" * 3
    peer.scripts[:] = [lambda heard: interim + with_receipt(made)(heard)]
    made.engine.run_once()

    assert made.sent().state == "acknowledged"


def test_f_o01_p12_the_same_message_after_a_restart(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    peer.scripts[:] = [lambda heard: None, with_receipt(made)]
    made.engine.run_once()
    made.engine.close()
    made.clock.forward(minutes=10)
    made.again()
    made.engine.run_once()

    assert made.sent().state == "acknowledged"
    assert peer.heard[0].body == peer.heard[1].body
    assert peer.heard[0].headers == peer.heard[1].headers


def test_f_o12_an_expired_certificate_of_ours_is_said_before_anything_leaves(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    made.clock.forward(days=200)
    made.engine.run_once()

    assert (made.sent().state, peer.heard) == ("retry_wait", []), "it waits for the new certificate"
    assert "valid" in made.sent().reason


def test_row_46_without_a_receipt_agreed_the_answer_is_delivery(house: Make, peer: Peer) -> None:
    made = sending(house, peer, lambda heard: ok(), outside="receipt: false")
    made.engine.run_once()

    assert made.sent().state == "acknowledged"
    assert "disposition-notification-to" not in peer.heard[0].headers


def test_row_22_basic_credentials_travel(house: Make, peer: Peer) -> None:
    made = house(url=peer.url, outside="basic: {user: muster, password: '${file:secrets/us.key}'}")
    peer.scripts.append(with_receipt(made))
    made.drop_invoice(invoice())
    made.engine.run_once()

    assert peer.heard[0].headers.get("authorization").startswith("Basic bXVzdGVy")


ASYNC = "receipt: {asynchronous: 'http://127.0.0.1:9/as2', within: 1h}"


def taken(made: As2House, port: int, heard: Heard, **changes: Any) -> None:
    mdn = receipt(made, heard, **changes)
    answered = raw(port, request(mdn.headers, mdn.body))
    assert answered is not None
    assert answered.status == 200


def test_row_77_79_80_an_asynchronous_receipt_settles_once_and_late_and_twice(house: Make, peer: Peer) -> None:
    made = sending(house, peer, lambda heard: ok(status="202 Accepted"), outside=ASYNC)
    made.engine.run_once()
    assert made.sent().state == "awaiting"
    made.clock.forward(minutes=59)
    with made.serving() as port:
        taken(made, port, peer.heard[0])
        taken(made, port, peer.heard[0])
        taken(made, port, peer.heard[0], disposition=error("decryption-failed"))

    assert made.sent().state == "acknowledged"
    assert made.engine.run_once().ok


def test_row_78_f_o07_a_receipt_may_overtake_the_answer_to_our_own_request(house: Make, peer: Peer) -> None:
    made = house(url=peer.url, outside=ASYNC)
    with made.serving() as port:

        def first_the_receipt(heard: Heard) -> bytes:
            taken(made, port, heard)
            return ok(status="202 Accepted")

        peer.scripts.append(first_the_receipt)
        made.drop_invoice(invoice())
        report = made.engine.run_once()

    assert (made.sent().state, report.problems) == ("acknowledged", [])


def test_f_o07_a_receipt_that_never_comes_is_resent_for_and_then_shown(house: Make, peer: Peer) -> None:
    made = sending(house, peer, lambda heard: ok(status="202 Accepted"), outside=ASYNC)
    made.engine.run_once()
    for _ in range(8):
        made.clock.forward(minutes=61)
        made.engine.settle()

    assert made.sent().state == "overdue"
    assert len({(heard.headers, heard.body) for heard in peer.heard}) == 1
    assert len(peer.heard) == 4
    with made.serving() as port:
        taken(made, port, peer.heard[0])
    assert made.sent().state == "acknowledged"


def test_row_47_t15_d17_an_asynchronous_receipt_that_proves_nothing_settles_nothing(house: Make, peer: Peer) -> None:
    made = sending(house, peer, lambda heard: ok(), outside=ASYNC)
    made.engine.run_once()
    with made.serving() as port:
        taken(made, port, peer.heard[0], signed=False)
        taken(made, port, peer.heard[0], sign_with=replace(made.partner(), ours=(make_identity("stranger"),)))
        taken(made, port, peer.heard[0], original_id="<nothing@us>")
        assert made.sent().state == "awaiting"
        taken(made, port, peer.heard[0], disposition=error("integrity-check-failed"))

    assert made.sent().state == "rejected"
    assert "integrity-check-failed" in made.sent().reason


def test_f_o08_an_asynchronous_receipt_after_a_restart_is_matched(house: Make, peer: Peer) -> None:
    made = sending(house, peer, lambda heard: ok(), outside=ASYNC)
    made.engine.run_once()
    made.engine.close()
    made.again()
    with made.serving() as port:
        taken(made, port, peer.heard[0])

    assert made.sent().state == "acknowledged"


def test_p11_the_message_is_stored_before_the_first_byte_leaves(house: Make, peer: Peer) -> None:
    made = house(url=peer.url)
    seen: list[str] = []

    def look(heard: Heard) -> bytes:
        with made.engine.context.store.reading() as view:
            seen.append(view.payload(made.sent().wire_sha256).hex())
        return with_receipt(made)(heard)

    peer.scripts.append(look)
    made.drop_invoice(invoice())
    made.engine.run_once()

    assert seen == [peer.heard[0].body.hex()]
    assert [row.outcome for row in made.rows(tables.attempt)] == ["arrived"]


def test_row_60_we_never_fold_a_header(house: Make, peer: Peer) -> None:
    made = sending(house, peer)
    made.engine.run_once()

    assert not any(line[:1] in b" \t" for line in peer.heard[0].head.split(b"\r\n")[1:])
    assert isinstance(peer.heard[0].headers, Headers)


def test_f_o06_a_peer_that_never_answers_is_unknown(house: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        made = house(url=f"http://127.0.0.1:{silent.getsockname()[1]}/as2", outside="timeout: 1s")
        made.drop_invoice(invoice())
        made.engine.run_once()

    assert made.sent().state == "unknown"
    assert "no answer in time" in made.sent().reason
