"""T1 and T2: INVOIC to UBL, whole, against bots in a process and an environment of its own; and how much of it with XSD is ours.

Both parse, validate, map and write the same invoice of 20 lines; bots writes fewer elements, without namespaces. Ours also validates the message
against the directory and, in the rows that say so, the output against the XSD. A machine that cannot have bots gets a row that says why.
The gates are those of a prototype for one message; what keeps the whole program from them, step by step, stands in docs/why.md.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from benchmarks.__main__ import Row
from benchmarks.edifact_peers import DRIVERS, ROOT, WORK, MissingError, _bots_python, _write_tables
from benchmarks.mapping_speed import _rate, invoice
from edi import mapping
from edi.engine.reading import check_edifact
from edi.findings import has_errors
from edi.formats.edifact import reader
from edi.formats.ubl import reader as ubl_reader
from edi.formats.ubl import xsd
from edi.mapping.spoke import Spoke

PAIRS = 3
SECONDS = 2.0
"""How long one measurement takes at scale 1."""


def run(scale: float) -> list[Row]:
    data = clean(invoice(20))
    read, write = mapping.load("invoic-eancom"), mapping.load("ubl-invoice")
    seconds = max(0.1, SECONDS * scale)
    gc.freeze()
    gc.set_threshold(20_000)  # as every command of `edi` runs
    plain = lambda: translated(data, read, write)  # noqa: E731 -- named for the rows
    checked = lambda: with_xsd(translated(data, read, write))  # noqa: E731 -- as above
    return [*_against_bots(data, plain, checked, seconds), _share(checked, translated(data, read, write), seconds)]


def clean(data: bytes) -> bytes:
    """Without the one text that is longer than its element: most messages have nothing wrong, and both sides validate."""
    return data.replace("Schraubendreher-Satz, isoliert, 6-teilig".encode("latin-1"), b"Schraubendreher-Satz, isoliert")


def translated(data: bytes, read: Spoke, write: Spoke) -> bytes:
    """From bytes to bytes, the message validated on the way."""
    interchange = (reader.read(data).value or ())[0]
    tree, _findings = check_edifact(interchange.messages[0], None)
    reading = read.read(tree).value
    assert reading is not None
    written = write.write(reading.document).value
    assert written is not None
    assert isinstance(written.output, bytes)
    return written.output


def with_xsd(output: bytes) -> bytes:
    """The same bytes, checked as if we had received them."""
    found = ubl_reader.read(output).value
    assert found is not None
    assert not has_errors(xsd.validate(found))
    return output


def _against_bots(data: bytes, plain: Callable[[], bytes], checked: Callable[[], bytes], seconds: float) -> list[Row]:
    names = ("T1 INVOIC -> UBL / bots", "T1 INVOIC -> UBL with XSD / bots without")
    file = WORK / "invoice-20.edi"
    try:
        python = _bots_python()
        _write_tables()
        file.write_bytes(data)
        pairs = [(_rate(plain, seconds), _bots(python, file, seconds), _rate(checked, seconds)) for _ in range(PAIRS)]
    except MissingError as error:
        missing: Row = {
            "name": names[0],
            "ours": _rate(plain, seconds),
            "peer": "missing",
            "ratio": None,
            "gate": 25.0,
            "unit": "documents/s",
        }
        return [{**missing, "note": str(error)[:160]}]
    peer = statistics.median(theirs for _, theirs, _ in pairs)
    return [
        {
            "name": name,
            "ours": statistics.median(one[which] for one in pairs),
            "peer": peer,
            "ratio": statistics.median(one[which] / one[1] for one in pairs),
            "gate": gate,
            "stretch": stretch,
            "unit": "documents/s",
        }
        for name, which, gate, stretch in ((names[0], 0, 25.0, 60.0), (names[1], 2, 10.0, 20.0))
    ]


def _bots(python: Path, file: Path, seconds: float) -> float:
    command = [str(python), str(DRIVERS / "bots_translation_driver.py"), str(WORK), str(file), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise MissingError((done.stderr or done.stdout).strip().splitlines()[-1])
    return float(json.loads(done.stdout.strip().splitlines()[-1])["rate"])


def _share(checked: Callable[[], bytes], output: bytes, seconds: float) -> Row:
    """T2: what is left of the whole when lxml's own parsing and validating are taken out."""
    found = ubl_reader.read(output).value
    assert found is not None
    schema = xsd.schema(found.version, found.kind)
    whole = 1 / _rate(checked, seconds)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        schema.complaints(etree.fromstring(output))
        count += 1
    lxml_alone = (time.perf_counter() - start) / count
    share = 1 - lxml_alone / whole
    return {
        "name": "T2 share of the time outside lxml's parsing and XSD",
        "ours": round(share * 100, 1),
        "peer": 40.0,
        "ratio": 40.0 / (share * 100),
        "gate": 1.0,
        "unit": "% (at most)",
        "note": f"whole {whole * 1e6:.0f} us, lxml {lxml_alone * 1e6:.0f} us",
    }
