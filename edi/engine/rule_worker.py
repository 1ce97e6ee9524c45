"""The process that runs rules: XSLT in, documents in, reports out, over its own standard input and output.

Started by `edi.engine.rules` with an empty environment. Before the first rule runs it gives up the right to open
anything: no file, no socket, no child (threat T07). It is stopped from outside when it takes too long.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

MEMORY_BYTES_MORE = 3 * 1024**3
"""What rules may use beyond what the processor needs to stand there; a 2.6 MB invoice needs 0.3 GB."""


def send(stream: IO[bytes], header: dict[str, Any], payload: bytes = b"") -> None:
    """Write one frame: length of the header, header as JSON, payload."""
    head = json.dumps({**header, "size": len(payload)}).encode()
    stream.write(struct.pack(">I", len(head)) + head + payload)
    stream.flush()


def receive(read: Callable[[int], bytes]) -> tuple[dict[str, Any], bytes] | None:
    """One frame; None at the end of the stream."""
    start = read(4)
    if len(start) < 4:
        return None
    header: dict[str, Any] = json.loads(read(struct.unpack(">I", start)[0]))
    return header, read(header["size"])


class Processor:
    """Saxon with everything switched off that reaches outside a document."""

    def __init__(self) -> None:
        from saxonche import PySaxonProcessor  # noqa: PLC0415 -- an extra; the other side reads this module without it

        self._saxon = PySaxonProcessor(license=False)
        for name, value in (("allowedProtocols", ""), ("allow-external-functions", "false")):
            self._saxon.set_configuration_property(f"http://saxon.sf.net/feature/{name}", value)
        self._xslt = self._saxon.new_xslt30_processor()
        self._compiled: dict[str, Any] = {}
        self.compile(
            "warm-up",
            b'<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><a/></xsl:template></xsl:stylesheet>',
        )
        self.run("warm-up", b"<a/>")

    def compile(self, key: str, stylesheet: bytes) -> None:
        """Keep a stylesheet under a key."""
        self._compiled[key] = self._xslt.compile_stylesheet(stylesheet_text=stylesheet.decode())

    def run(self, key: str, document: bytes) -> bytes:
        """The report about a document."""
        node = self._saxon.parse_xml(xml_text=document.decode())
        return bytes(self._compiled[key].transform_to_string(xdm_node=node).encode())


def give_up_rights() -> None:
    """No new descriptor, no written file, no core file, bounded memory; there is no way back."""
    for kind, limit in (
        (resource.RLIMIT_AS, _memory_max()),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        if limit is not None:
            resource.setrlimit(kind, (limit, limit))


def _memory_max() -> int | None:
    """Address space in use plus what rules may need; None where the system does not tell."""
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        return None
    return int(statistics.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") + MEMORY_BYTES_MORE


def main() -> None:
    """Answer frames until the stream ends."""
    source = os.fdopen(os.dup(0), "rb")
    target = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    processor = Processor()
    give_up_rights()
    send(target, {"ok": True})
    while (frame := receive(source.read)) is not None:
        header, payload = frame
        try:
            if header["do"] == "compile":
                processor.compile(header["key"], payload)
                send(target, {"ok": True})
            else:
                send(target, {"ok": True}, processor.run(header["key"], payload))
        except Exception as error:  # noqa: BLE001 -- whatever the processor says goes to the other side as words
            send(target, {"ok": False, "error": " ".join(str(error).split())[:2000]})


if __name__ == "__main__":
    main()
    sys.exit(0)
