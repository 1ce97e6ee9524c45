"""Messages a second of pyas2lib, in its own environment: `pyas2lib_driver.py KEY_AND_CERTIFICATE COUNT BYTES` prints JSON."""

import json
import os
import resource
import sys
import time
from pathlib import Path

from pyas2lib.as2 import Message, Organization, Partner

place, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pem = Path(place).read_bytes()
certificate = pem[pem.index(b"-----BEGIN CERTIFICATE") :]
us = Organization(as2_name="US", sign_key=pem, sign_key_pass="", decrypt_key=pem, decrypt_key_pass="")
them = Partner(
    as2_name="US",
    sign=True,
    digest_alg="sha256",
    encrypt=True,
    enc_alg="aes_256_cbc",
    verify_cert=certificate,
    encrypt_cert=certificate,
    validate_certs=False,
    mdn_mode="SYNC",
    mdn_digest_alg="sha256",
)
data = os.urandom(size)
since = time.perf_counter()
for _ in range(count):
    message = Message(us, them)
    message.build(data, filename="a.bin", subject="x", content_type="application/octet-stream")
built = time.perf_counter() - since
raw = b"".join(f"{name}: {value}\r\n".encode() for name, value in message.headers.items()) + b"\r\n" + message.content
since = time.perf_counter()
for _ in range(count):
    answer = Message().parse(raw, lambda _: us, lambda _: them)
opened = time.perf_counter() - since
print(
    json.dumps(
        {
            "build": count / built,
            "open": count / opened,
            "status": answer[0],
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        }
    )
)
