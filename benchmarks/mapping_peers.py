"""T1 and T2: INVOIC to UBL, whole, against bots in a process and an environment of its own; and how much of it with XSD is ours.

Both parse, validate, map and write the same invoice of 20 lines, and both outputs hold the same 612 elements, texts and attributes, which is checked; bots
writes them without namespaces. In the rows that say so, ours also validates the output against the XSD, or keeps where every value came from and what found no
place (`edi run` does). A machine that cannot have bots gets a row that says why.
The gates are those of a prototype for one message; what keeps the whole program from them, step by step, stands in docs/why.md.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from lxml import etree

from benchmarks.__main__ import Row
from benchmarks.edifact_peers import DRIVERS, ROOT, WORK, MissingError, _bots_python, _write_tables
from benchmarks.mapping_speed import _copy, _rate, invoice
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
    traced = lambda: translated(data, read, write, trace=True)  # noqa: E731 -- as above
    checked = lambda: with_xsd(translated(data, read, write))  # noqa: E731 -- as above
    return [*_against_bots(data, (plain, checked, traced), seconds), _share(checked, plain(), seconds), _floor(data, plain, seconds)]


def clean(data: bytes) -> bytes:
    """Without the one text that is longer than its element: most messages have nothing wrong, and both sides validate."""
    return data.replace("Schraubendreher-Satz, isoliert, 6-teilig".encode("latin-1"), b"Schraubendreher-Satz, isoliert")


def translated(data: bytes, read: Spoke, write: Spoke, *, trace: bool = False) -> bytes:
    """From bytes to bytes, the message validated on the way."""
    interchange = (reader.read(data).value or ())[0]
    tree, _findings = check_edifact(interchange.messages[0], None)
    reading = read.read(tree, trace=trace).value
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


ROWS = (
    ("T1 INVOIC -> UBL / bots", 25.0, 60.0),
    ("T1 INVOIC -> UBL with XSD / bots without", 10.0, 20.0),
    ("   INVOIC -> UBL with provenance / bots without", None, None),
)


def _against_bots(data: bytes, ours: Sequence[Callable[[], bytes]], seconds: float) -> list[Row]:
    file = WORK / "invoice-20.edi"
    try:
        python = _bots_python()
        _write_tables()
        file.write_bytes(data)
        rounds = [(_bots(python, file, seconds, ours[0]()), [_rate(one, seconds) for one in ours]) for _ in range(PAIRS)]
    except MissingError as error:
        name, gate, _ = ROWS[0]
        missing: Row = {
            "name": name,
            "ours": _rate(ours[0], seconds),
            "peer": "missing",
            "ratio": None,
            "gate": gate,
            "unit": "documents/s",
        }
        return [{**missing, "note": str(error)[:160]}]
    return [
        {
            "name": name,
            "ours": statistics.median(rates[which] for _, rates in rounds),
            "peer": statistics.median(theirs for theirs, _ in rounds),
            "ratio": statistics.median(rates[which] / theirs for theirs, rates in rounds),
            "gate": gate,
            "stretch": stretch,
            "unit": "documents/s",
        }
        for which, (name, gate, stretch) in enumerate(ROWS)
    ]


def _bots(python: Path, file: Path, seconds: float, ours: bytes) -> float:
    """Documents a second; its output holds what ours does."""
    command = [str(python), str(DRIVERS / "bots_translation_driver.py"), str(WORK), str(file), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise MissingError((done.stderr or done.stdout).strip().splitlines()[-1])
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert _content(ours) == _content(said["output"].encode()), "bots translates something else"
    return float(said["rate"])


def _content(output: bytes) -> Counter[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Every element with its text and attributes, namespaces and order left out."""
    elements = etree.fromstring(output).iter()
    return Counter(
        (etree.QName(one).localname, (one.text or "").strip(), tuple(sorted(map(_pair, one.attrib.items())))) for one in elements
    )


def _pair(attribute: tuple[str | bytes, str | bytes]) -> tuple[str, str]:
    name, value = attribute
    return str(name), str(value)


def _share(checked: Callable[[], bytes], output: bytes, seconds: float) -> Row:
    """T2: what is left of the whole when lxml's own parsing and validating are taken out."""
    found = ubl_reader.read(output).value
    assert found is not None
    schema = xsd.schema(found.version, found.kind)
    whole = 1 / _rate(checked, seconds)
    lxml_alone = 1 / _rate(lambda: schema.complaints(etree.fromstring(output)), seconds)
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


def _floor(data: bytes, plain: Callable[[], bytes], seconds: float) -> Row:
    """What Python needs at least: the same bytes cut into lists of components, and the output as tree and bytes by lxml; nothing checked, nothing mapped."""
    tree = etree.fromstring(plain())

    def cut() -> object:
        return [[element.split(":") for element in segment.split("+")] for segment in data.decode("latin-1").split("'")]

    bare, whole, written = _rate(cut, seconds), _rate(plain, seconds), _rate(lambda: etree.tostring(_copy(tree)), seconds)
    return {
        "name": "   whole translation / cutting the message into lists of components alone",
        "ours": whole,
        "peer": bare,
        "ratio": whole / bare,
        "gate": None,
        "unit": "documents/s",
        "note": f"whole {1e6 / whole:.0f} us, cutting {1e6 / bare:.0f} us, lxml making and writing the output {1e6 / written:.0f} us",
    }
