"""Opens a message of 100 MB from a mapped file and prints how far its memory grew: `python -m tests.channels.as2.run_large FOLDER`."""

import mmap
import secrets
import sys
from pathlib import Path

from edi.channels.as2.agreement import Agreement
from edi.channels.as2.opening import open_message
from edi.formats import cms
from edi.formats.mime import Headers
from edi.web.as2 import Files
from tests.formats.cms.conftest import NOW, make_identity

MEGABYTES = 100


def pieces(chunk: bytes):
    yield b"Content-Type: application/octet-stream\r\n\r\n"
    for _ in range(MEGABYTES):
        yield chunk


def anonymous() -> int:
    """Memory of our own, without pages of mapped files, which the system takes back when it needs them."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024


if __name__ == "__main__":
    us = make_identity("us")
    folder = Path(sys.argv[1])
    size = sum(map(len, pieces(bytes(1 << 20))))
    with (folder / "body").open("wb+") as file:
        for one in cms.encrypt(
            pieces(secrets.token_bytes(1 << 20)), size, [us.certificate], cipher="aes256-cbc", random=secrets.token_bytes
        ):
            file.write(one)
        file.flush()
        body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        agreement = Agreement(us="US", them="THEM", ours=(us,), theirs=(us.certificate,), must_sign=False)
        headers = Headers((("Message-ID", "<a@b>"), ("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data")))
        before = anonymous()
        found = open_message(headers, body, agreement, at=NOW, sink=Files(folder / "files").sink)
        print(max(0, anonymous() - before), found.disposition)
        assert len(found.payloads[0].content) == MEGABYTES << 20
