"""Opens every bomb as a house does, and prints what each cost: `python -m tests.channels.as2.run_bombs FOLDER`."""

from __future__ import annotations

import ctypes
import json
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from asn1crypto import cms as asn1

from edi.channels.as2.agreement import Agreement
from edi.channels.as2.opening import open_message
from edi.formats import cms
from edi.formats.cms import der
from edi.formats.mime import Headers
from edi.store.spool import Spool
from tests.formats.cms.conftest import NOW, make_identity

MIB = 1 << 20
COMPRESSED = "application/pkcs7-mime; smime-type=compressed-data"
ENVELOPED = "application/pkcs7-mime; smime-type=enveloped-data"


def compressed(data: bytes) -> bytes:
    inner = {"content_type": "data", "content": data}
    value = {"version": "v0", "compression_algorithm": {"algorithm": "zlib"}, "encap_content_info": inner}
    return bytes(asn1.ContentInfo({"content_type": "compressed_data", "content": value}).dump())


def packed(megabytes: int, noise: int = 0) -> bytes:
    """So many of zeros, each with some bytes that cannot be packed."""
    packer = zlib.compressobj(9)
    with open("/dev/urandom", "rb") as random:
        pieces = [packer.compress(random.read(noise) + bytes(MIB - noise)) for _ in range(megabytes)]
    return b"".join([*pieces, packer.flush()])


def in_itself() -> bytes:
    inner = compressed(packed(100))
    return compressed(zlib.compress(f"Content-Type: {COMPRESSED}\r\n\r\n".encode() + inner, 9))


def without_end() -> bytes:
    head = b"\x30\x80" + bytes.fromhex("060b2a864886f70d0109100109") + b"\xa0\x80\x30\x80\x02\x01\x00"
    head += der.wrap(der.SEQUENCE, bytes.fromhex("060b2a864886f70d0109100308")) + b"\x30\x80" + bytes.fromhex("06092a864886f70d010701")
    return head + b"\xa0\x80" + b"\x24\x80" * 100_000


def recipients(count: int) -> bytes:
    one = b"".join(cms.encrypt([b"x"], 1, [make_identity("us").certificate], cipher="aes128-cbc", random=bytes))
    info = asn1.ContentInfo.load(one)["content"]["recipient_infos"][0].dump()
    envelope = der.wrap(der.SEQUENCE, b"\x02\x01\x00", der.wrap(der.SET, info * count))
    return der.wrap(der.SEQUENCE, bytes.fromhex("06092a864886f70d010703"), der.wrap(der.EXPLICIT_0, envelope))


def nested() -> bytes:
    body = b"x"
    for number in range(40):
        inner = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (number - 1) + body
        body = b"--b%d\r\n" % number + inner + b"\r\n--b%d--\r\n" % number
    return body


def signature(values: bytes) -> bytes:
    line = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n"
    return line + values + b"\r\n--b--\r\n"


PROCESSING = "unexpected-processing-error"
MADE: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "100 MB of zeros": ("decompression-failed", COMPRESSED, lambda: compressed(packed(100))),
    "100 MB just below the ratio": ("decompression-failed", COMPRESSED, lambda: compressed(packed(100, 5600))),
    "a bomb in a bomb": ("decompression-failed", COMPRESSED, in_itself),
    "octets in octets without end": (PROCESSING, COMPRESSED, without_end),
    "ten thousand recipients": (PROCESSING, ENVELOPED, lambda: recipients(10_000)),
    "two thousand recipients": (PROCESSING, ENVELOPED, lambda: recipients(2_000)),
    "a signature of empty values": (
        "authentication-failed",
        "multipart/signed; boundary=b",
        lambda: signature(der.wrap(der.SEQUENCE, b"\x30\0" * 500_000)),
    ),
    "a signature nested without end": ("authentication-failed", "multipart/signed; boundary=b", lambda: signature(b"\x30\x80" * 500_000)),
    "multiparts forty deep": (PROCESSING, "multipart/mixed; boundary=b39", nested),
    "five thousand multiparts": (
        PROCESSING,
        "multipart/mixed; boundary=b",
        lambda: b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 5000,
    ),
    "a hundred thousand parts": (PROCESSING, "multipart/mixed; boundary=b", lambda: b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n"),
    "a line of 200 MB": (PROCESSING, "text/plain", lambda: b"=41" * (70 * MIB)),
}
"""Name -> what it is answered with, content type, body."""


def cost(kind: str, body: bytes, spool: Spool) -> dict[str, object]:
    more = (("Content-Transfer-Encoding", "quoted-printable"),) if kind == "text/plain" else ()
    headers = Headers((("Message-ID", "<a@b>"), ("Content-Type", kind), *more))
    us = make_identity("us")
    agreement = Agreement(us="US", them="THEM", ours=(us,), theirs=(us.certificate,), must_sign=False, must_encrypt=False)
    ctypes.CDLL(None).malloc_trim(0)  # what making it took is given back, so that it cannot hide what opening takes
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    before, since = memory("VmRSS"), time.process_time()
    found = open_message(headers, body, agreement, at=NOW, sink=spool)
    assert found.payloads == ()
    took = time.process_time() - since
    return {"disposition": str(found.disposition), "seconds": round(took, 3), "megabytes": memory("VmHWM") - before}


def memory(name: str) -> int:
    return int(Path("/proc/self/status").read_text().partition(f"{name}:")[2].split()[0]) >> 10


if __name__ == "__main__":
    place = Spool(Path(sys.argv[1]))
    print(json.dumps({name: cost(kind, made(), place) for name, (_, kind, made) in MADE.items()}))
