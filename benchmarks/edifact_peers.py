"""EDIFACT against the readers of others, each in a process and an environment of its own: bots, StAEDI, node-edifact, ts-edifact, plain C.

Peers are installed under `.cache/peers` when first asked for; one that cannot be had is a row that says why. Gates P4 to P7, V1 to V3, M1, M2.
All read the same bytes, with tables made from the same directory; all of them find nothing wrong with them, or the row says so.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
import venv
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks import as_installed
from benchmarks import edifact_grammars as grammars
from benchmarks.__main__ import Row
from benchmarks.generate import Writer, long_message_parts
from edi.formats.edifact import fast

ROOT = Path(__file__).parents[1]
DRIVERS = Path(__file__).parent / "peers"
PEERS = ROOT / ".cache" / "peers"
WORK = PEERS / "work"
STAEDI = ("io.xlate", "staedi", "1.25.3")
PAIRS = 3


class MissingError(Exception):
    """The machine cannot have the peer."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process said, and how long it took from start to end."""

    seconds: float
    peak: float
    wall: float


def run(scale: float) -> list[Row]:
    small, middle, large = (_mixed(int(size * scale)) for size in (1_000_000, 10_000_000, 100_000_000))
    long = _long_message(int(200_000 * scale))
    _write_tables()
    rows: list[Row] = []
    rows += _attempt("P4 elements, 100 MB, whole process / StAEDI", lambda: [_staedi("P4", "elements", "parse", large, 5.0, 8.0)])
    rows += _attempt(
        "P5 / node edifact",
        lambda: [
            _node("P5 segments, 100 MB / node edifact events", "segments", "events", large, 2.5, None),
            _node("P5 elements, 100 MB / node edifact events", "elements", "events", large, 1.0, 2.0),
            _node("   components, 100 MB / node edifact arrays", "components", "arrays", large, None, None),
            _node("V3 validation, 100 MB / node edifact validator", "validate", "validate", large, 1.0, None),
        ],
    )
    rows += _attempt("   ts-edifact", lambda: [_node("   elements, 10 MB / ts-edifact parser", "elements", "ts", middle, None, None)])
    rows += _attempt("P6 P7 / C", lambda: _against_c(middle))
    rows += _attempt("V1 M2 / bots", lambda: _bots(small, long))
    rows += _attempt("V2 validation, 10 MB, whole process / StAEDI", lambda: [_staedi("V2", "validate", "validate", middle, 8.0, 15.0)])
    return [*rows, *_memory(small, large), *_linear([small, middle, large])]


def _attempt(name: str, rows: Callable[[], list[Row]]) -> list[Row]:
    try:
        return rows()
    except MissingError as error:
        return [{"name": name, "ours": "-", "peer": "missing", "ratio": None, "gate": None, "unit": "", "note": str(error)[:160]}]


# -- comparisons --------------------------------------------------------------------------------------------------------


def _pairs(
    name: str, ours: Callable[[], Run], peer: Callable[[], Run], size: int, gate: float | None, stretch: float | None, *, whole: bool
) -> Row:
    """Megabytes a second by turns; the ratio is the median of pairs. `whole`: from the start of the process to its end."""
    pairs = [(ours(), peer()) for _ in range(PAIRS)]
    times = [(mine.wall, theirs.wall) if whole else (mine.seconds, theirs.seconds) for mine, theirs in pairs]
    return {
        "name": name,
        "ours": size / statistics.median(mine for mine, _ in times) / 1e6,
        "peer": size / statistics.median(theirs for _, theirs in times) / 1e6,
        "ratio": statistics.median(theirs / mine for mine, theirs in times),
        "gate": gate,
        "stretch": stretch,
        "unit": "MB/s",
        "note": f"peak {pairs[0][0].peak:.0f} / {pairs[0][1].peak:.0f} MB",
    }


def _staedi(goal: str, mode: str, theirs: str, file: Path, gate: float, stretch: float) -> Row:
    jar = _staedi_jar()

    def peer() -> Run:
        return _process(["java", "-cp", f"{jar}:{PEERS / 'staedi'}", "Staedi", theirs, str(file), str(WORK)])

    name = f"{goal} {'validation' if mode == 'validate' else mode}, {_megabytes(file)} MB, whole process / StAEDI"
    return _pairs(name, lambda: _ours(mode, file), peer, file.stat().st_size, gate, stretch, whole=True)


def _node(name: str, mode: str, theirs: str, file: Path, gate: float | None, stretch: float | None) -> Row:
    modules = _node_modules()

    def peer() -> Run:
        return _process(["node", str(DRIVERS / "node_driver.js"), theirs, str(file), str(modules), str(WORK / "definitions.json")])

    row = _pairs(name, lambda: _ours(mode, file), peer, file.stat().st_size, gate, stretch, whole=True)
    row["name"] = name.replace("100 MB", f"{_megabytes(file)} MB").replace("10 MB", f"{_megabytes(file)} MB")
    return row


def _bots(small: Path, long: Path) -> list[Row]:
    python = _bots_python()
    warm = _mixed(50_000)

    def peer(file: Path) -> Run:
        return _process([str(python), str(DRIVERS / "bots_driver.py"), str(WORK), str(warm), str(file)])

    steady = _pairs(
        "V1 validation, warm, 1 MB / bots",
        lambda: _ours("validate", small, small),
        lambda: peer(small),
        small.stat().st_size,
        30.0,
        50.0,
        whole=False,
    )
    mine, theirs = _ours("validate", long), peer(long)
    memory: Row = {
        "name": f"M2 peak memory, message of {_megabytes(long)} MB / bots",
        "ours": mine.peak,
        "peer": theirs.peak,
        "ratio": theirs.peak / mine.peak,
        "gate": 30.0,
        "unit": "MB",
        "note": f"{mine.seconds:.2f} s / {theirs.seconds:.2f} s",
    }
    return [steady, memory]


def _against_c(file: Path) -> list[Row]:
    native = _c_extension()
    data = file.read_bytes()
    return [
        _in_process("P6 segments / C extension giving the same list", data, fast.texts, native.segments, 0.5),
        _in_process("P7 segments / one memchr a segment, no objects", data, fast.batches, native.scan, 0.08),
    ]


def _in_process(name: str, data: bytes, ours: Callable[[bytes], Iterable[object]], theirs: Callable[[bytes], object], gate: float) -> Row:
    pairs = [(_seconds(lambda: deque(ours(data), maxlen=0)), _seconds(lambda: theirs(data))) for _ in range(7)]
    return {
        "name": name,
        "ours": len(data) / statistics.median(mine for mine, _ in pairs) / 1e6,
        "peer": len(data) / statistics.median(each for _, each in pairs) / 1e6,
        "ratio": statistics.median(each / mine for mine, each in pairs),
        "gate": gate,
        "unit": "MB/s",
    }


def _memory(small: Path, large: Path) -> list[Row]:
    """Peak of a process that reads a hundred times as much: 1 is flat."""
    rows: list[Row] = []
    for mode in ("segments", "validate"):
        little, much = _ours(mode, small), _ours(mode, large)
        rows.append(
            {
                "name": f"M1 peak memory, {mode}, {_megabytes(small)} / {_megabytes(large)} MB",
                "ours": much.peak,
                "peer": little.peak,
                "ratio": little.peak / much.peak,
                "gate": 1 / 1.1,
                "unit": "MB",
                "note": "at most 40 MB" if much.peak <= 40 else "MORE than 40 MB",
            }
        )
    return rows


def _linear(files: list[Path]) -> list[Row]:
    """Speed on ten and a hundred times the bytes against the smallest: 1 is linear."""
    speeds = [file.stat().st_size / _ours("validate", files[0], file).seconds / 1e6 for file in files]
    return [
        {
            "name": f"L  validation, {_megabytes(file)} MB / {_megabytes(files[0])} MB",
            "ours": speed,
            "peer": speeds[0],
            "ratio": speed / speeds[0],
            "gate": 0.7,
            "unit": "MB/s",
        }
        for file, speed in list(zip(files, speeds, strict=True))[1:]
    ]


# -- processes ------------------------------------------------------------------------------------------------------------


def _ours(mode: str, *files: Path) -> Run:
    return _process([sys.executable, "-m", "benchmarks.edifact_ours", mode, *map(str, files)])


def _process(command: list[str]) -> Run:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=as_installed(), check=False)
    wall = time.perf_counter() - start
    if done.returncode:
        raise MissingError((done.stderr or done.stdout).strip().splitlines()[-1])
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if said.get("errors"):
        raise MissingError(f"the peer found errors in the data: {said['errors']} {said.get('first', '')}")
    return Run(said["seconds"], said["peak"], wall)


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# -- data -----------------------------------------------------------------------------------------------------------------


def _mixed(size: int) -> Path:
    return _file(f"mixed-{size}.edi", lambda: Writer().mixed(size))


def _long_message(lines: int) -> Path:
    return _file(f"despatch-{lines}.edi", lambda: long_message_parts(lines))


def _file(name: str, parts: Callable[[], Any]) -> Path:
    file = WORK / name
    if not file.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        with file.with_suffix(".part").open("wb") as out:
            out.writelines(parts())
        file.with_suffix(".part").rename(file)
    return file


def _megabytes(file: Path) -> int:
    return round(file.stat().st_size / 1e6)


def _write_tables() -> None:
    bots = WORK / "usersys" / "grammars" / "edifact"
    bots.mkdir(parents=True, exist_ok=True)
    for folder in (bots, bots.parent, bots.parent.parent):
        (folder / "__init__.py").touch()
    grammars.write_bots(bots)
    grammars.write_staedi(WORK)
    grammars.write_node(WORK)


# -- peers ------------------------------------------------------------------------------------------------------------------


def _install(command: list[str], folder: Path) -> None:
    if shutil.which(command[0]) is None:
        raise MissingError(f"{command[0]} is not on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300, check=False)
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"{' '.join(command[:3])} took longer than 300 s") from error
    if done.returncode:
        raise MissingError((done.stderr or done.stdout).strip().splitlines()[-1])


def _bots_python() -> Path:
    folder = PEERS / "bots"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if not list(folder.glob("lib/*/site-packages/bots/inmessage.py")):
        _install([str(python), "-m", "pip", "install", "--quiet", "bots-ediint==3.3.1"], folder)
    return python


def _node_modules() -> Path:
    folder = PEERS / "node"
    if not (folder / "node_modules" / "ts-edifact").exists():
        # ts-edifact needs htmlparser2 without saying so.
        _install(["npm", "install", "--silent", "--no-fund", "--no-audit", "edifact@1.2", "ts-edifact", "htmlparser2"], folder)
    return folder


def _staedi_jar() -> Path:
    folder = PEERS / "staedi"
    jar = folder / f"{STAEDI[1]}-{STAEDI[2]}.jar"
    if not jar.exists():
        _install(["mvn", "-q", "dependency:copy", f"-Dartifact={':'.join(STAEDI)}", f"-DoutputDirectory={folder}"], folder)
    _install(["javac", "-cp", str(jar), "-d", str(folder), str(DRIVERS / "Staedi.java")], folder)
    return jar


def _c_extension() -> ModuleType:
    folder = PEERS / "c"
    target = folder / f"peer_segments{sysconfig.get_config_var('EXT_SUFFIX')}"
    headers = sysconfig.get_paths()["include"]
    _install(["cc", "-O2", "-shared", "-fPIC", f"-I{headers}", str(DRIVERS / "segments.c"), "-o", str(target)], folder)
    spec = importlib.util.spec_from_file_location("peer_segments", target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
