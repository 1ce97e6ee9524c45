"""Receiving over a real socket: kept before answered, answered the same again, and every refusal in the words of RFC 4130 (faults 3.1, 3.2)."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edi.channels.as2.agreement import Receipt, Security
from edi.channels.as2.building import Outgoing, build
from edi.channels.as2.mdn import read_mdn
from edi.channels.as2.opening import Payload
from edi.channels.as2.owing import is_allowed, send_owed
from edi.errors import StoreError
from edi.formats.mime import Headers
from edi.slices import Slice
from edi.store import spool, tables
from edi.web import as2 as door
from edi.web import server
from edi.web.settings import As2Server
from tests.channels.as2.rig import As2House, Heard, Peer, asynchronous, ok, post, raw, request
from tests.engine.house import order
from tests.formats.cms.conftest import make_identity

Make = Callable[..., As2House]
CHECKOUT = Path(__file__).resolve().parents[3]


def verdict(house: As2House, heard: Heard) -> tuple[int, str, bool]:
    """Status, disposition, and whether our signature on it holds."""
    read = read_mdn(heard.headers, heard.body, (house.us.certificate,), at=house.clock.now(), digests=("sha256",))
    return heard.status, str(read.disposition), read.signer is not None


def changed(message: Outgoing, *, drop: str = "", **fields: str) -> Outgoing:
    names = {name.replace("_", "-").lower(): value for name, value in fields.items()}
    headers = [(name, names.pop(name.lower(), value)) for name, value in message.headers if name.lower() != drop.lower()]
    return replace(message, headers=(*headers, *names.items()))


def test_a_message_is_kept_processed_and_answered(house: Make) -> None:
    made = house()
    with made.serving() as port:
        heard = post(port, made.message())

    assert verdict(made, heard) == (200, "processed", True)
    assert (heard.headers.get("as2-from"), heard.headers.get("as2-to")) == ("MUSTER", '"ACME AG"')
    made.engine.settle()
    assert made.received() == [("accepted", order())]
    assert [row.confirmation for row in made.rows(tables.transmission)] == ["sent"]


def test_f_a05_killed_after_the_commit_and_before_the_answer(tmp_path: Path) -> None:
    made = As2House(tmp_path / "house")
    message = made.message()
    made.engine.close()
    environment = {**os.environ, "EDI_FAILPOINT": "as2.committed:1"}
    command = [sys.executable, "-m", "tests.channels.as2.run_house", str(tmp_path / "house")]
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            answered = raw(port, request(message.headers, message.body))
        except ConnectionError:
            answered = None
        assert answered is None
        assert process.wait(20) == -signal.SIGKILL
    made.again()
    with made.serving() as port:
        first, second = post(port, message), post(port, message)
    made.engine.settle()

    assert verdict(made, first) == (200, "processed", True)
    assert (first.body, first.headers.get("message-id")) == (second.body, second.headers.get("message-id"))
    assert made.received() == [("accepted", order())]
    made.engine.close()


def test_f_a04_killed_before_the_commit_leaves_nothing(tmp_path: Path) -> None:
    made = As2House(tmp_path / "house")
    message = made.message()
    made.engine.close()
    environment = {**os.environ, "EDI_FAILPOINT": "as2.kept:1"}
    command = [sys.executable, "-m", "tests.channels.as2.run_house", str(tmp_path / "house")]
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            connection.sendall(request(message.headers, message.body))
            process.wait(20)
    made.again()
    assert (made.received(), made.receipts()) == ([], [])
    with made.serving() as port:
        assert verdict(made, post(port, message)) == (200, "processed", True)
    made.engine.close()


def test_f_a25_g5_row_83_thirty_two_copies_at_once_have_one_effect_and_one_receipt(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port, ThreadPoolExecutor(32) as pool:
        heard = list(pool.map(lambda _: post(port, message), range(32)))
    made.engine.settle()

    assert {one.status for one in heard} == {200}
    assert len({one.body for one in heard}) == 1
    assert made.received() == [("accepted", order())]


def test_f_a27_row_82_a_duplicate_after_a_restart_and_a_year_gets_the_stored_receipt(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        first = post(port, message)
    made.engine.close()
    made.again()
    made.clock.forward(days=90)
    with made.serving() as port:
        second = post(port, message)

    assert first.body == second.body
    assert len(made.received()) == 1


def test_f_a31_p7_signed_and_encrypted_anew_it_is_still_the_same(house: Make) -> None:
    made = house()
    with made.serving() as port:
        first, second = post(port, made.message()), post(port, made.message())

    assert first.body == second.body
    assert len(made.received()) == 1


def test_f_a26_p8_other_content_under_the_same_id_is_a_conflict(house: Make) -> None:
    made = house()
    with made.serving() as port:
        post(port, made.message())
        heard = post(port, made.message(order("4712", reference="2")))
    made.engine.settle()

    assert verdict(made, heard) == (200, "processed/error: unexpected-processing-error", True)
    assert sorted(state for state, _ in made.received()) == ["accepted", "conflict"]
    assert len(list((made.folder / "data/erp/out").iterdir())) == 1


def test_t43_a_stored_receipt_is_not_handed_to_who_cannot_prove_the_message(house: Make) -> None:
    made = house()
    stranger = replace(made.partner(), ours=(make_identity("stranger"),))
    with made.serving() as port:
        first = post(port, made.message())
        forged = post(port, made.message(partner=stranger))

    assert verdict(made, forged) == (200, "processed/error: authentication-failed", True)
    assert first.body != forged.body


def test_p23_failed_security_is_not_remembered(house: Make) -> None:
    made = house()
    stranger = replace(made.partner(), ours=(make_identity("stranger"),))
    with made.serving() as port:
        post(port, made.message(partner=stranger))
        heard = post(port, made.message())

    assert verdict(made, heard) == (200, "processed", True)
    assert len(made.received()) == 1


def unlisted(made: As2House) -> Outgoing:
    return made.message(partner=replace(made.partner(), theirs=(make_identity("nobody").certificate,)))


REFUSALS: list[tuple[str, Callable[[As2House], Outgoing]]] = [
    ("insufficient-message-security", lambda made: made.message(partner=made.partner(sending=Security(sign=None)))),
    ("insufficient-message-security", lambda made: made.message(partner=made.partner(sending=Security(encrypt=None)))),
    ("decryption-failed", unlisted),
    ("authentication-failed", lambda made: made.message(partner=made.partner(ours=(make_identity("stranger"),)))),
    ("unexpected-processing-error", lambda made: replace(made.message(), body=Slice.of(b""))),
    ("decryption-failed", lambda made: replace(made.message(), body=Slice.of(bytes(made.message().body)[:-16] + b"0123456789abcdef"))),
    ("invalid-message-id", lambda made: made.message(message_id="<with blank@acme>")),
]


@pytest.mark.parametrize(("modifier", "make"), REFUSALS, ids=[f"{index}-{name}" for index, (name, _) in enumerate(REFUSALS)])
def test_rows_64_to_73_a_refusal_is_signed_and_exact_and_delivers_nothing(house: Make, modifier: str, make: Any) -> None:
    made = house()
    with made.serving() as port:
        heard = post(port, make(made))

    assert verdict(made, heard) == (200, f"processed/error: {modifier}", True)
    assert (made.received(), made.receipts()) == ([], [])


def test_row_73_a02_a03_an_unknown_pair_gets_an_unsigned_receipt_or_403(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        asked = post(port, changed(message, AS2_From='"Acme Ag"'))
        unasked = post(port, changed(message, AS2_From="nobody", drop="Disposition-Notification-To"))

    assert verdict(made, asked) == (200, "processed/error: unknown-trading-relationship", False)
    assert unasked.status == 403


def test_a05_a_message_from_the_receiver_to_itself(house: Make) -> None:
    made = house()
    with made.serving() as port:
        heard = post(port, changed(made.message(), AS2_From="MUSTER"))

    assert verdict(made, heard)[1] == "failed/Failure: sender-equals-receiver"


@pytest.mark.parametrize("drop", ["AS2-From", "AS2-To", "Message-ID"])
def test_a01_without_names_or_id_it_is_no_as2(house: Make, drop: str) -> None:
    made = house()
    with made.serving() as port:
        assert post(port, changed(made.message(), drop=drop)).status == 400


def test_rows_42_43_a_receipt_that_cannot_be_given_as_asked(house: Make) -> None:
    made = house()
    md5 = "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, md5"
    with made.serving() as port:
        unsupported = post(port, changed(made.message(), Disposition_Notification_Options=md5))
        unknown = post(port, changed(made.message(), Disposition_Notification_Options=md5.replace("pkcs7-signature", "pgp")))

    assert verdict(made, unsupported) == (200, "failed/Failure: unsupported MIC-algorithms", True)
    assert verdict(made, unknown)[1] == "failed/Failure: unsupported format"
    assert made.received() == []


def test_row_46_without_a_request_there_is_no_receipt(house: Make) -> None:
    made = house()
    with made.serving() as port:
        heard = post(port, made.message(partner=made.partner(receipt=None)))

    assert (heard.status, heard.body) == (200, b"")
    assert len(made.received()) == 1


def test_rows_4_to_8_an_unsigned_receipt_is_given_where_it_is_asked_for(house: Make) -> None:
    made = house()
    with made.serving() as port:
        heard = post(port, made.message(partner=made.partner(receipt=Receipt(signed=False))))

    assert verdict(made, heard) == (200, "processed", False)


def test_rows_87_88_several_documents_are_several_transmissions_or_none(house: Make) -> None:
    made = house()
    documents = [
        Payload(content=Slice.of(order(f"47{number}", reference=str(number))), content_type="application/edifact", filename=f"{number}.edi")
        for number in range(3)
    ]
    message = build(documents, made.partner(), message_id="<many@acme>", subject="x", at=made.clock.now(), random=secrets.token_bytes)
    with made.serving() as port:
        heard = [post(port, message), post(port, message)]
    made.engine.settle()

    assert {one.body for one in heard} == {heard[0].body}
    assert [state for state, _ in made.received()] == ["accepted"] * 3
    assert [row.filename for row in made.rows(tables.transmission)] == ["0.edi", "1.edi", "2.edi"]


def test_row_61_unknown_and_doubled_headers_do_no_harm(house: Make) -> None:
    made = house()
    message = made.message()
    extra = (*message.headers, *((f"X-Internal-{name}", "x" * 200) for name in range(30)), ("Subject", "second"))
    with made.serving() as port:
        assert verdict(made, post(port, replace(message, headers=extra)))[1] == "processed"


# -- asynchronous receipts ---------------------------------------------------------------------------------------------


def owing(house: Make, peer: Peer) -> tuple[As2House, Outgoing]:
    made = house(inside=f"receipt_targets: ['http://127.0.0.1:{peer.port}']")
    return made, made.message(partner=made.partner(receipt=asynchronous(peer.url + "?x=1")))


def test_rows_13_to_16_77_an_asynchronous_receipt_comes_by_itself(house: Make, peer: Peer) -> None:
    made, message = owing(house, peer)
    peer.scripts.append(lambda heard: ok(status="202 Accepted"))
    with made.serving() as port:
        answer = post(port, message)
        peer_heard = wait_for(peer, 1)

    assert (answer.status, answer.body) == (200, b"")
    assert verdict(made, replace(peer_heard[0], line="HTTP/1.1 200 OK")) == (200, "processed", True)
    assert peer_heard[0].line == "POST /as2?x=1 HTTP/1.1"
    assert [row.state for row in made.receipts()] == ["sent"]


def wait_for(peer: Peer, count: int) -> list[Heard]:
    import time

    end = time.monotonic() + 15
    while len(peer.heard) < count and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    return peer.heard


@pytest.mark.parametrize("status", ["500 No", "302 Found"])
def test_f_a28_row_79_a_receipt_that_is_not_taken_is_sent_again_by_a_table(house: Make, peer: Peer, status: str) -> None:
    made, message = owing(house, peer)
    peer.scripts.append(lambda heard: ok(b"x" * 100_000, [("Location", peer.url)], status=status))
    receiver = server.receiver(made.engine.context)
    assert receiver is not None
    assert receiver.answer(Headers(message.headers), message.body).status == 200
    tried = []
    for minutes in [0, 0.6, 1.1, 2.1, 4.1, 8.1, 16.1, 32.1, 61, 61, 61]:
        made.clock.forward(minutes=minutes)
        tried.append(send_owed(made.engine.context))

    assert tried == [1] * 10 + [0]
    assert [(row.state, row.attempts) for row in made.receipts()] == [("given_up", 10)]
    assert len({heard.body for heard in peer.heard}) == 1


def test_f_a08_row_80_asked_again_the_asynchronous_receipt_comes_again_the_same(house: Make, peer: Peer) -> None:
    made, message = owing(house, peer)
    peer.scripts.append(lambda heard: ok())
    with made.serving() as port:
        post(port, message)
        wait_for(peer, 1)
        post(port, message)
        heard = wait_for(peer, 2)

    assert len(heard) == 2
    assert heard[0].body == heard[1].body
    assert len(made.received()) == 1


def test_t09_an_address_that_is_not_agreed_is_never_called(house: Make, peer: Peer) -> None:
    made = house()
    peer.scripts.append(lambda heard: ok())
    message = made.message(partner=made.partner(receipt=asynchronous(peer.url)))
    with made.serving() as port:
        heard = post(port, message)

    assert verdict(made, heard) == (200, "processed", True), "the receipt rides on the answer"
    assert peer.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/", "http://[::1]:8080/", "http://[::ffff:127.0.0.1]:8080/", "http://0x7f.1:8080/", "http://2130706433:8080/",
        "http://localhost.:8080/", "http://as2.acme.example:8080@evil.example/", "http://evil.example@as2.acme.example:8080/",
        "file:///etc/passwd", "gopher://as2.acme.example:8080/", "http://as2.acme.example:25/", "http://as2.acme.example/",
        "https://as2.acme.example:8080/", "http://as2.acme.example:8080/a\r\nX: y", "http://as2.acme.example:8080/ b",
        "http://as2.acme.example:8080.evil.example/", "http://as2.acme.example.evil.example:8080/", "//as2.acme.example:8080/",
        "http:as2.acme.example:8080", "http://as2.acme.example:8080#@evil.example/", "http://as2.acme.example:8080\\@evil.example/",
        "http://as2.acme.example:99999/", "http://as2.acme.example:x/", "", "mailto:a@b", "http://", "http://\u0430s2.acme.example:8080/",
        "ftp://as2.acme.example:8080/", "http://as2.acme.example:8080\x00/", "HTTP://as2.acme.example:80 80/",
    ],
)  # fmt: skip
def test_t09_thirty_addresses_that_are_not_the_agreed_one(url: str) -> None:
    assert not is_allowed(url, ("http://as2.acme.example:8080",))


@pytest.mark.parametrize("url", ["http://as2.acme.example:8080/a?b=c", "HTTP://AS2.acme.example:8080/"])
def test_t09_the_agreed_one_is_called_on_any_path(url: str) -> None:
    assert is_allowed(url, ("http://as2.acme.example:8080",))


def test_t38_a_flood_of_refusals_fills_no_disk(house: Make) -> None:
    made = house()
    receiver = server.receiver(made.engine.context)
    assert receiver is not None
    bad = made.message(partner=made.partner(sending=Security(sign=None)))
    replies = [receiver.answer(Headers(bad.headers), bad.body) for _ in range(150)]
    noted = [row for row in made.rows_of_audit() if row.event == "as2_refused"]

    assert {reply.status for reply in replies} == {200}
    assert len(noted) == 60


# -- the wire ----------------------------------------------------------------------------------------------------------


def test_t05_nothing_but_one_path_and_one_method_answers(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        found = {
            (method, path): raw(port, request(message.headers, b"", method=method, path=path)).status  # type: ignore[union-attr]
            for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH")
            for path in ("/as2", "/", "/status", "/ops", "/as2/../ops")
        }

    assert {status for (_, path), status in found.items() if path == "/as2"} == {405}
    assert {status for (_, path), status in found.items() if path != "/as2"} == {404}


def test_f_a20_a_request_cut_off_leaves_nothing(house: Make) -> None:
    made = house()
    message = made.message()
    whole = request(message.headers, message.body)
    head = len(whole) - len(message.body)
    with made.serving() as port:
        for cut in (1, head - 2, head, head + len(message.body) // 2, len(whole) - 1):
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                connection.sendall(whole[:cut])
        assert (made.received(), made.receipts()) == ([], [])
        assert verdict(made, post(port, message))[1] == "processed"


def test_f_a22_slow_clients_are_cut_off_and_do_not_stop_others(house: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(door, "IDLE_SECONDS", 0.3)
    made = house()
    message = made.message()
    with (
        made.serving() as port,
        socket.create_connection(("127.0.0.1", port), 10) as headers,
        socket.create_connection(("127.0.0.1", port), 10) as body,
    ):
        headers.sendall(b"POST /as2 HTTP/1.1\r\nHost: x\r\n")
        body.sendall(request(message.headers, message.body)[:-10])
        assert verdict(made, post(port, message))[1] == "processed"
        assert headers.recv(100) == b""
        assert body.recv(1000).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "fields",
    [
        [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "abc")],
        [("Content-Length", "5"), ("Content-Length", "6")],
        [("Transfer-Encoding", "gzip")],
    ],
)
def test_f_a23_t17_two_lengths_are_refused(house: Make, fields: list[tuple[str, str]]) -> None:
    made = house()
    lines = ["POST /as2 HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in (*made.message().headers, *fields)), "", "0\r\n\r\n"]
    with made.serving() as port:
        heard = raw(port, "\r\n".join(lines).encode())

    assert heard is not None
    assert heard.status in {400, 411, 501}


def test_f_a24_expect_100_continue(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port, socket.create_connection(("127.0.0.1", port), 10) as connection:
        whole = request((*message.headers, ("Expect", "100-continue"), ("Connection", "close")), message.body)
        head = whole[: -len(message.body)]
        connection.sendall(head)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(bytes(message.body))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_f_a29_row_23_http_1_0_and_two_messages_on_one_connection(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        old = raw(port, request(message.headers, message.body, version="1.0"))
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            for number in (1, 2):
                another = made.message(order(str(number), reference=f"r{number}"), message_id=f"<k{number}@acme>")
                connection.sendall(request(another.headers, another.body))
                answered = b""
                while b"--\r\n" not in answered[-6:]:
                    answered += connection.recv(65536)
                assert answered.startswith(b"HTTP/1.1 200")

    assert old is not None
    assert verdict(made, old)[1] == "processed"
    assert len(made.received()) == 3


def test_row_31_a_chunked_request(house: Make) -> None:
    made = house()
    message = made.message()
    fields = [*message.headers, ("Host", "x"), ("Transfer-Encoding", "chunked")]
    head = "\r\n".join(["POST /as2 HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]).encode()
    pieces = [bytes(message.body.sub(at, at + 700)) for at in range(0, len(message.body), 700)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    with made.serving() as port:
        heard = raw(port, head + body)

    assert heard is not None
    assert verdict(made, heard)[1] == "processed"


def test_a09_a_body_over_the_limit_is_refused_before_it_is_read(house: Make) -> None:
    made = house()
    (made.folder / "web.yaml").write_text("as2: {listen: '127.0.0.1:0', megabytes_max: 1}\n")
    with made.serving() as port:
        head = request(made.message().headers, b"").replace(b"Content-Length: 0", b"Content-Length: 2000000")
        heard = raw(port, head)

    assert heard is not None
    assert heard.status == 413


@pytest.mark.parametrize("trouble", ["database is locked", "database or disk is full", "attempt to write a readonly database"])
def test_f_a11_f_a12_row_84_trouble_of_ours_is_503_and_passes(house: Make, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    made = house()
    store, failed = made.engine.context.store, []

    def refuse(*_: object, **__: object) -> None:
        raise StoreError(f"the store could not be written: {trouble}")

    with server.serving(made.engine.context, failed=failed.append) as served:
        with monkeypatch.context() as patch:
            patch.setattr(store, "writing", refuse)
            heard = post(served[0].port, made.message())
        assert (heard.status, heard.headers.get("retry-after"), heard.body) == (503, "60", b"")
        assert verdict(made, post(served[0].port, made.message()))[1] == "processed"
    assert failed == []


def test_f_a11_no_room_for_what_passes_through_a_file_is_503_and_passes(house: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = house()
    message = made.message(bytes(range(256)) * 8192)

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    with made.serving() as port:
        with monkeypatch.context() as patched:
            patched.setattr(spool, "TemporaryFile", full)
            refused = post(port, message)
        heard = post(port, message)

    assert (refused.status, refused.headers.get("retry-after")) == (503, "60")
    assert verdict(made, heard) == (200, "processed", True)
    assert len(made.received()) == 1


def test_f_a10_p3_a_disk_that_lies_ends_the_daemon(house: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = house()
    failed: list[StoreError] = []

    def refuse(*_: object, **__: object) -> None:
        raise StoreError("the store could not be written: [Errno 5] Input/output error")

    with server.serving(made.engine.context, failed=failed.append) as served:
        monkeypatch.setattr(made.engine.context.store, "writing", refuse)
        assert post(served[0].port, made.message()).status == 503
        monkeypatch.undo()
    assert len(failed) == 1


def test_f_a14_no_memory_for_one_message_fails_that_message(house: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from edi.channels.as2 import receiving

    made = house()

    def too_much(*_: object, **__: object) -> None:
        raise MemoryError

    with made.serving() as port:
        with monkeypatch.context() as patch:
            patch.setattr(receiving, "open_message", too_much)
            assert verdict(made, post(port, made.message()))[1] == "processed/error: unexpected-processing-error"
        assert verdict(made, post(port, made.message()))[1] == "processed"


def test_a_large_message_goes_through_files(house: Make) -> None:
    made = house()
    data = secrets.token_bytes(3 << 20)
    partner = made.partner(sending=Security(compress="before_signing"))
    with made.serving() as port:
        heard = post(port, made.message(data, partner=partner))

    assert verdict(made, heard)[1] == "processed"
    assert [payload for _, payload in made.received()] == [data]
    assert list((made.folder / "store/incoming").iterdir()) == []


def test_p2_the_bytes_as_they_came_are_kept_beside_the_document(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        post(port, message)
    (row,) = made.rows(tables.transmission)

    with made.engine.context.store.reading() as view:
        kept = view.payload(row.envelope_sha256)
    assert kept.partition(b"\r\n\r\n")[2] == bytes(message.body)
    assert b"message-id: <m-1@acme>" in kept.lower()


def test_p6_the_receipt_is_in_the_transaction_of_the_document(house: Make) -> None:
    made = house()
    with made.serving() as port:
        heard = post(port, made.message())
        (row,) = made.receipts()

    with made.engine.context.store.reading() as view:
        assert view.payload(row.body_sha256) == heard.body
    assert {tuple(pair) for pair in json.loads(row.headers)} <= {(name, value) for name, value in heard.headers}
    assert len(heard.headers.all("date")) == len(heard.headers.all("message-id")) == 1
    assert made.engine.context.store.verify() == ()


def test_t39_a_partner_who_sends_too_much_hears_503_and_when_to_come_again(house: Make) -> None:
    made = house()
    (made.folder / "web.yaml").write_text("as2: {listen: '127.0.0.1:0', messages_per_minute: 2}\n")
    with made.serving() as port:
        answers = [
            post(port, made.message(order(str(number), reference=str(number)), message_id=f"<{number}@acme>")) for number in range(3)
        ]

    assert [one.status for one in answers] == [200, 200, 503]
    assert 0 < int(answers[2].headers.get("retry-after")) <= 60
    assert len(made.received()) == 2


def test_certificates_that_were_replaced_are_used_without_a_restart(house: Make) -> None:
    made = house()
    successor = make_identity("them-2")
    with made.serving() as port:
        (made.folder / "them.pem").write_bytes(b"half of one")
        first = post(port, made.message())
        (made.folder / "them.pem").write_bytes(successor.certificate.pem())
        message = made.message(message_id="<m-2@acme>", partner=made.partner(ours=(successor,)))
        second = post(port, message)

    assert verdict(made, first)[1] == "processed"  # the one that was read before stays until the new one is whole
    assert verdict(made, second)[1] == "processed"


def test_what_was_proved_about_a_message_is_in_the_audit_trail(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        post(port, message)

    (event,) = [row for row in made.rows_of_audit() if row.event == "as2_received"]
    assert message.mic.write("rfc5751") in event.detail
    assert made.them.certificate.fingerprint in event.detail


@pytest.mark.parametrize(
    ("listen", "warned"), [("0.0.0.0:4080", True), ("192.0.2.7:4080", True), ("127.0.0.1:4080", False), ("[::1]:4080", False)]
)
def test_an_open_address_without_tls_is_warned_about(listen: str, warned: bool) -> None:
    assert (As2Server(listen=listen).warning() is not None) == warned


@pytest.mark.parametrize(
    ("name", "modifier"),
    [("order.edi", "duplicate-filename"), ("../order.edi", "illegal-filename"), ("", "illegal-filename"), ("other.edi", "")],
)
def test_rows_67_68_86_names_count_where_that_was_agreed(house: Make, name: str, modifier: str) -> None:
    made = house(inside="accept: {file_names: unique}")
    with made.serving() as port:
        first = made.message()
        assert [verdict(made, post(port, first))[1] for _ in range(2)] == ["processed", "processed"]
        second = made.message(order("4712", reference="2"), message_id="<m-2@acme>", filename=name)
        heard = post(port, second)

    assert verdict(made, heard)[1:] == (f"processed/error: {modifier}" if modifier else "processed", True)
    assert len(made.received()) == (1 if modifier else 2)


def test_row_91_a_certificate_exchange_is_refused_in_words(house: Make) -> None:
    made = house()
    with made.serving() as port:
        heard = post(port, made.message(b"<EDIINTCertificateExchangeRequest/>", content_type="application/ediint-cert-exchange+xml"))

    assert verdict(made, heard)[1] == "processed/error: unexpected-processing-error"
    assert b"send the certificate by mail" in heard.body
    assert made.received() == []
