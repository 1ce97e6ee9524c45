"""Messages made to hurt: bombs, nesting, oracles, recipients without end; each refused early, in few bytes, in the same words."""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import time
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
from tests.channels.as2.run_bombs import COMPRESSED, ENVELOPED, compressed
from tests.channels.as2.run_bombs import MADE as BOMBS
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
    """The modifier; within a second of the processor's time, which does not depend on who else works. Memory: `run_bombs`."""
    since = time.process_time()
    found = opened(kind, body, **changes)
    took = time.process_time() - since

    assert found.payloads == ()
    assert took < 1
    return found.disposition.text


def test_a26_a27_a28_t08_g11_a_bomb_costs_a_second_and_a_hundred_megabytes_at_most(tmp_path: Path) -> None:
    """In a process of its own, one after the other; the time is the processor's, whoever else uses it."""
    command = [sys.executable, "-m", "tests.channels.as2.run_bombs", str(tmp_path)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=300).stdout)

    assert {name: f"processed/error: {modifier}" for name, (modifier, *_) in BOMBS.items()} == {
        name: one["disposition"] for name, one in found.items()
    }
    assert {name: one for name, one in found.items() if one["seconds"] > 1 or one["megabytes"] > 100} == {}


@pytest.mark.parametrize("damage", [b"", b"x" * 100, zlib.compress(b"y" * 1000)[:-5]])
def test_a26_damaged_zlib_is_named(damage: bytes) -> None:
    assert refused(COMPRESSED, compressed(damage)) == "decompression-failed"


def test_a27_nine_layers_are_too_many() -> None:
    body, kind = b"x", "text/plain"
    for _ in range(9):
        body, kind = b"".join(cms.compress([f"Content-Type: {kind}\r\n\r\n".encode() + body])), COMPRESSED

    assert refused(kind, body) == "unexpected-processing-error"


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
    """One message through a house in a process of its own: signed, encrypted, kept with its document and processed, its receipt settled."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "tests.channels.as2.run_huge", str(folder), way, str(megabytes)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["outcome"] in {"200 quarantined", "acknowledged"}
    assert found["size"] == megabytes << 20
    return found


@pytest.mark.parametrize("way", ["in", "out"])
def test_g12_a_large_message_needs_no_more_memory_than_a_small_one(tmp_path: Path, way: str) -> None:
    assert passed(tmp_path / "large", way, 30)["peak"] < passed(tmp_path / "small", way, 1)["peak"] + 16


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["in", "out"])
def test_row_19_g12_five_hundred_megabytes_pass_in_less_than_256(tmp_path: Path, way: str) -> None:
    assert passed(tmp_path, way, 500)["peak"] < 256


def test_t10_an_honest_message_still_opens() -> None:
    assert [bytes(payload.content) for payload in opened(ENVELOPED, envelope(b"k" * 16)).payloads] == [b"x"]
