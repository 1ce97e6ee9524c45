"""Messages made to hurt: bombs, nesting, oracles, recipients without end; each refused early, in few bytes, in the same words."""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1
from cryptography.hazmat.primitives.asymmetric import padding

from edi.channels.as2.agreement import Agreement
from edi.channels.as2.opening import Opened, open_message
from edi.formats import cms
from edi.formats.cms import der
from edi.formats.mime import Headers
from tests.formats.cms.conftest import NOW, make_identity

US, THEM = make_identity("us"), make_identity("them")
CHECKOUT = Path(__file__).resolve().parents[3]


def agreement(**changes: object) -> Agreement:
    values = {"must_sign": False, "must_encrypt": False, **changes}
    return Agreement(us="US", them="THEM", ours=(US,), theirs=(THEM.certificate,), **values)


def opened(kind: str, body: bytes, **changes: object) -> Opened:
    headers = Headers((("Message-ID", "<a@b>"), ("Content-Type", kind)))
    return open_message(headers, body, agreement(**changes), at=NOW)


def refused(kind: str, body: bytes, **changes: object) -> str:
    """The modifier; refused within a second and 100 MB."""
    tracemalloc.start()
    since = time.perf_counter()
    found = opened(kind, body, **changes)
    took, peak = time.perf_counter() - since, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found.payloads == ()
    assert took < 5, "a second, on a machine that does nothing else"
    assert peak < 100 << 20
    return found.disposition.text


COMPRESSED = "application/pkcs7-mime; smime-type=compressed-data"
ENVELOPED = "application/pkcs7-mime; smime-type=enveloped-data"


def compressed(data: bytes) -> bytes:
    inner = {"content_type": "data", "content": data}
    value = {"version": "v0", "compression_algorithm": {"algorithm": "zlib"}, "encap_content_info": inner}
    return asn1.ContentInfo({"content_type": "compressed_data", "content": value}).dump()


def test_a26_t08_a_bomb_is_refused() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(600)), packer.flush()])

    assert refused(COMPRESSED, compressed(bomb)) == "decompression-failed"


def test_a26_a_bomb_in_a_bomb_is_refused() -> None:
    inner = compressed(zlib.compress(bytes(100 << 20), 9))
    outer = compressed(zlib.compress(f"Content-Type: {COMPRESSED}\r\n\r\n".encode() + inner, 9))

    assert refused(COMPRESSED, outer) == "decompression-failed"


@pytest.mark.parametrize("damage", [b"", b"x" * 100, zlib.compress(b"y" * 1000)[:-5]])
def test_a26_damaged_zlib_is_named(damage: bytes) -> None:
    assert refused(COMPRESSED, compressed(damage)) == "decompression-failed"


def test_a27_nine_layers_are_too_many() -> None:
    body, kind = b"x", "text/plain"
    for _ in range(9):
        body, kind = b"".join(cms.compress([f"Content-Type: {kind}\r\n\r\n".encode() + body])), COMPRESSED

    assert refused(kind, body) == "unexpected-processing-error"


def test_a27_octets_in_octets_without_end() -> None:
    head = b"\x30\x80" + bytes.fromhex("060b2a864886f70d0109100109") + b"\xa0\x80\x30\x80\x02\x01\x00"
    head += der.wrap(der.SEQUENCE, bytes.fromhex("060b2a864886f70d0109100308")) + b"\x30\x80" + bytes.fromhex("06092a864886f70d010701")

    assert refused(COMPRESSED, head + b"\xa0\x80" + b"\x24\x80" * 100_000) == "unexpected-processing-error"


def test_a27_ten_thousand_recipients() -> None:
    one = b"".join(cms.encrypt([b"x"], 1, [US.certificate], cipher="aes128-cbc", random=bytes))
    info = asn1.ContentInfo.load(one)["content"]["recipient_infos"][0].dump()
    envelope = der.wrap(der.SEQUENCE, b"\x02\x01\x00", der.wrap(der.SET, info * 10_000))
    body = der.wrap(der.SEQUENCE, bytes.fromhex("06092a864886f70d010703"), der.wrap(der.EXPLICIT_0, envelope))

    assert refused(ENVELOPED, body) == "unexpected-processing-error"


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0xFFFFFFFFFFFF])
def test_a27_lengths_that_lie_allocate_nothing(size: int) -> None:
    assert refused(ENVELOPED, b"\x30" + der.length(size) + b"\x06" + der.length(size)) in {
        "unexpected-processing-error",
        "decryption-failed",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary at all",
        b"--b\r\nContent-Type: text/plain\r\n\r\nx",
        b"--b\r\n\r\nx\r\n" * 10_000 + b"--b--",
        b"--b\r\n" + b"X: y\r\n" * 10_000 + b"\r\nx\r\n--b--",
        b"--b\r\n" + b"X" * 200_000 + b"\r\n\r\nx\r\n--b--",
    ],
)
def test_a28_multiparts_that_do_not_end_or_never_stop(body: bytes) -> None:
    assert refused("multipart/related; boundary=b", body) == "unexpected-processing-error"


def test_a28_five_thousand_multiparts_inside_each_other() -> None:
    body = b"x"
    for number in range(40):
        name = b"b%d" % number
        body = (
            b"--" + name + b"\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (number - 1) + body + b"\r\n--" + name + b"--\r\n"
        )

    assert refused("multipart/mixed; boundary=b39", body) == "unexpected-processing-error"


def envelope(key: bytes, encrypted_key: bytes | None = None, content: bytes = b"Content-Type: text/plain\r\n\r\nx") -> bytes:
    """AES-128-CBC under a key, the recipient's part replaced."""
    drawn = iter([key, bytes(16)])
    whole = b"".join(cms.encrypt([content], len(content), [US.certificate], cipher="aes128-cbc", random=lambda _: next(drawn)))
    if encrypted_key is None:
        return whole
    value = asn1.ContentInfo.load(whole)
    value["content"]["recipient_infos"][0].chosen["encrypted_key"] = encrypted_key
    return value.dump(force=True)


def test_a18_t10_every_way_to_fail_has_the_same_words() -> None:
    public = US.certificate.public_key
    wrong_size = public.encrypt(b"x" * 7, padding.PKCS1v15())  # type: ignore[union-attr, call-arg]
    wrong_key = public.encrypt(secrets.token_bytes(16), padding.PKCS1v15())  # type: ignore[union-attr, call-arg]
    bodies = [envelope(b"k" * 16, one) for one in (secrets.token_bytes(256), b"\0" * 256, b"\xff" * 256, wrong_size, *[wrong_key] * 3)]
    found = [opened(ENVELOPED, body, must_sign=True) for body in bodies]

    assert {(str(one.disposition), one.reason) for one in found} == {(str(found[0].disposition), found[0].reason)}
    assert found[0].disposition.text == "decryption-failed"


def test_t10_a_key_that_opens_something_else_is_never_told_apart_where_signing_is_agreed() -> None:
    """One wrong key in 256 ends in good padding; 600 of them are answered alike."""
    public = US.certificate.public_key
    assert hasattr(public, "encrypt")
    texts = set()
    for _ in range(600):
        body = envelope(b"k" * 16, public.encrypt(secrets.token_bytes(16), padding.PKCS1v15()))
        texts.add(str(opened(ENVELOPED, body, must_sign=True).disposition))

    assert texts == {"processed/error: decryption-failed"}


@pytest.mark.proof
def test_t10_the_time_of_an_answer_tells_nothing() -> None:
    """Bad padding of the key against a wrong key, 1,000 each in turns: the medians differ by less than a tenth."""
    public = US.certificate.public_key
    assert hasattr(public, "encrypt")
    content = secrets.token_bytes(200_000)
    bad = envelope(b"k" * 16, b"\0" + secrets.token_bytes(255), content)  # under the modulus: over it is no secret
    wrong = envelope(b"k" * 16, public.encrypt(secrets.token_bytes(16), padding.PKCS1v15()), content)
    times: dict[str, list[float]] = {"bad": [], "wrong": []}
    for _ in range(1000):
        for name, body in (("bad", bad), ("wrong", wrong)):
            since = time.perf_counter()
            opened(ENVELOPED, body, must_sign=True)
            times[name].append(time.perf_counter() - since)
    first, second = statistics.median(times["bad"]), statistics.median(times["wrong"])

    assert abs(first - second) < 0.1 * min(first, second)


def passed(folder: Path, way: str, megabytes: int) -> dict[str, Any]:
    """One message through a house in a process of its own: signed, encrypted, kept with its document, its receipt settled."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "tests.channels.as2.run_huge", str(folder), way, str(megabytes)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["outcome"] in {"200 received", "acknowledged"}
    assert found["size"] == megabytes << 20
    return found


@pytest.mark.parametrize("way", ["in", "out"])
def test_g12_sixty_megabytes_need_no_more_memory_than_one(tmp_path: Path, way: str) -> None:
    assert passed(tmp_path / "large", way, 60)["peak"] < passed(tmp_path / "small", way, 1)["peak"] + 32


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["in", "out"])
def test_row_19_g12_five_hundred_megabytes_pass_in_less_than_256(tmp_path: Path, way: str) -> None:
    assert passed(tmp_path, way, 500)["peak"] < 256


def test_t10_an_honest_message_still_opens() -> None:
    assert [bytes(payload.content) for payload in opened(ENVELOPED, envelope(b"k" * 16)).payloads] == [b"x"]
