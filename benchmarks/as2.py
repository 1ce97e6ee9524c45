"""AS2 against the limit that its cryptography sets on the same machine: messages with signed receipts, and one large message.

The engine's own path is measured: a request over loopback, opened, committed to disk with its receipt, answered, the receipt judged.
The limit is what the keys and ciphers alone take: three private and three public RSA operations a message, AES and SHA-256 over the bytes.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import httpx
import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from benchmarks.__main__ import Row
from edi.channels.as2.agreement import Agreement
from edi.channels.as2.building import build
from edi.channels.as2.mdn import judge, read_mdn
from edi.channels.as2.opening import Payload, open_message
from edi.formats.mime import Headers
from edi.store.spool import Spool
from tests.channels.as2.rig import As2House
from tests.engine.house import order
from tests.formats.cms.conftest import make_identity
from tests.servers.process import scratch

THREADS = 4


def run(scale: float) -> list[Row]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder = scratch("as2-bench")
    try:
        megabytes = max(20, int(100 * scale))
        return [
            messages(As2House(folder / "house"), max(40, int(600 * scale))),
            large(Spool(folder), megabytes),
            *memory(folder, megabytes),
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def messages(house: As2House, count: int) -> Row:
    """Both sides in this process, four senders at once."""
    with house.serving() as port:
        exchange = Exchange(house, port)
        for number in range(THREADS):
            exchange(-1 - number)
        since = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(exchange, range(count)))
        ours = count / (time.perf_counter() - since)
        exchange.close()
    house.engine.close()
    limit = crypto_limit(house, count)
    return Row(
        name="AS2 messages signed, encrypted, with signed receipts",
        ours=round(ours, 1),
        peer=round(limit, 1),
        ratio=round(ours / limit, 3),
        gate=None,
        unit="messages/s, 2048-bit keys",
        note="peer: the RSA operations alone; both sides of ours run in one process and commit each message",
    )


class Exchange:
    """Sends one message and judges its receipt."""

    def __init__(self, house: As2House, port: int) -> None:
        self._house, self._url = house, f"http://127.0.0.1:{port}/as2"
        self._local = threading.local()
        self._clients: list[httpx.Client] = []

    def __call__(self, number: int) -> None:
        message = self._house.message(order(str(number), reference=f"r{number}"), message_id=f"<bench-{number}@acme>")
        answer = self._client().post(self._url, content=bytes(message.body), headers=list(message.headers))
        headers = Headers(tuple(answer.headers.items()))
        read = read_mdn(headers, answer.content, (self._house.us.certificate,), at=self._house.clock.now(), digests=("sha256",))
        fault = judge(read, message_id=message.message_id, mic=message.mic, must_be_signed=True)
        assert fault is None, fault

    def _client(self) -> httpx.Client:
        if not hasattr(self._local, "client"):
            self._local.client = httpx.Client(timeout=60)
            self._clients.append(self._local.client)
        return self._local.client

    def close(self) -> None:
        for client in self._clients:
            client.close()


def crypto_limit(house: As2House, count: int) -> float:
    """Messages a second if there were nothing but RSA: two signatures made and checked, one key wrapped and unwrapped; as many threads."""
    key = house.us.key
    assert isinstance(key, RSAPrivateKey)
    public = key.public_key()

    def one(_: int) -> None:
        for _side in range(2):
            signature = key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
            public.verify(signature, b"x", padding.PKCS1v15(), hashes.SHA256())
        key.decrypt(public.encrypt(b"k" * 32, padding.PKCS1v15()), padding.PKCS1v15())

    since = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(count)))
    return count / (time.perf_counter() - since)


def large(spool: Spool, megabytes: int) -> Row:
    """Signing, sealing, opening and verifying one message, from and to files."""
    keys = make_identity("us")
    agreement = Agreement(us="US", them="US", ours=(keys,), theirs=(keys.certificate,))
    chunk, at = secrets.token_bytes(1 << 20), keys.certificate.valid_from
    document = Payload(content=spool(repeat(chunk, megabytes)), content_type="application/octet-stream", filename="a.bin")
    since = time.perf_counter()
    made = build([document], agreement, message_id="<a@us>", subject="x", at=at, random=secrets.token_bytes, sink=spool)
    found = open_message(Headers(made.headers), made.body, agreement, at=at, sink=spool)
    ours = megabytes / (time.perf_counter() - since)
    assert (len(found.payloads[0].content), found.mic) == (megabytes << 20, made.mic)
    limit = _cipher_limit(chunk, megabytes)
    return Row(
        name=f"AS2 message of {megabytes} MB made and opened",
        ours=round(ours, 1),
        peer=round(limit, 1),
        ratio=round(ours / limit, 3),
        gate=None,
        unit="MB/s",
        note="through files; peer: AES-256-CBC both ways and SHA-256 twice, in memory",
    )


def memory(folder: Path, megabytes: int) -> Iterator[Row]:
    """The peak of the whole process, from workspace to commit, against the size of the message."""
    for way, words in (("in", "received, kept and answered"), ("out", "queued, sent and its receipt taken")):
        peak, small = (peak_of(folder / f"{way}{size}", way, size) for size in (megabytes, 1))
        yield Row(
            name=f"AS2 message of {megabytes} MB {words}: peak of memory",
            ours=peak,
            peer=megabytes,
            ratio=round(megabytes / peak, 2),
            gate=None,
            unit="MB of memory, MB of message",
            note=f"with a message of 1 MB it is {small} MB",
        )


def peak_of(folder: Path, way: str, megabytes: int) -> int:
    """Megabytes of a whole house that takes (`in`) or sends (`out`) one message."""
    command = [sys.executable, "-m", "tests.channels.as2.run_huge", str(folder), way, str(megabytes)]
    return int(json.loads(subprocess.run(command, capture_output=True, check=True, timeout=600).stdout)["peak"])


def _cipher_limit(chunk: bytes, megabytes: int) -> float:
    since = time.perf_counter()
    for make in ("encryptor", "decryptor"):
        worker = getattr(Cipher(algorithms.AES(b"k" * 32), modes.CBC(b"v" * 16)), make)()
        for _ in range(megabytes):
            worker.update(chunk)
    digest = hashes.Hash(hashes.SHA256())
    for _ in range(2 * megabytes):
        digest.update(chunk)
    return megabytes / (time.perf_counter() - since)
