"""How long a cold process needs before it can work: its mappings compiled anew, and from the cache that outlives it.

Each figure is the CPU time of a process of its own, so that other work on the machine counts little.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import as_installed
from benchmarks.__main__ import Row
from edi.workspace.init import init

PAIRS = 5
WORKSPACE = """
import sys, time
from pathlib import Path
from edi.channels import directory
from edi.workspace.loader import examine
start = time.process_time()
examine(Path(sys.argv[1]), kinds={"directory": directory.Settings}, compile_mappings=%s)
print('{"seconds": %%f}' %% (time.process_time() - start))
"""
FIRST = """
import gc, json, marshal, sys, time
from benchmarks.mapping_peers import clean
from benchmarks.mapping_speed import invoice, tree_of
from edi import mapping
from edi.workspace.program_cache import programs_of
tree = tree_of(clean(invoice(20)))
cache = programs_of()
gc.disable()
start = time.process_time()
read, write = mapping.load("invoic-eancom", cache=cache), mapping.load("ubl-invoice", cache=cache)
loaded = time.process_time()
translated = lambda: write.write(read.read(tree, trace=True).value.document).value.output
first = translated()
done = time.process_time()
assert first == translated()
again = time.process_time()
sources = [read.source("read", traced=True), write.source("write")]
limits = []
for work in (lambda: [compile(source, "<mapping>", "exec") for source in sources], lambda: json.loads(text)):
    text = json.dumps([[number, "a text of a mapping", True] for number in range(sum(map(len, sources)) // 38)])
    begun = time.process_time()
    work()
    limits.append(time.process_time() - begun)
print(json.dumps({"load": (loaded - start) / 2, "first": (done - loaded) - (again - done), "compile": limits[0], "json": limits[1]}))
"""


def run(scale: float) -> list[Row]:
    pairs = max(1, round(PAIRS * scale))
    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[1] / ".cache") as folder:
        init(Path(folder) / "w")
        account = Path(folder) / "account"
        checks, starts = (
            [_both(WORKSPACE % which, str(Path(folder) / "w"), account) for _ in range(pairs)] for which in ("True", "'routed'")
        )
        firsts = [_both(FIRST, "", account) for _ in range(pairs)]
    return [
        _row("edi check: every mapping of the starter, from the cache / compiled anew", checks, "seconds", 5.0),
        _row("edi run: the mappings that routes use, from the cache / compiled anew", starts, "seconds", 2.0),
        _row("one large mapping (mean of two), from the cache / read and checked anew", firsts, "load", 10.0),
        _row("   its program, when the first message comes, from the cache / generated and compiled", firsts, "first", 5.0),
        _against(firsts, "compile", "   mapping and program from the cache / bare compile() of the same text", 2.0),
        _against(firsts, "json", "   mapping and program from the cache / json.loads of as many characters", None),
    ]


def _row(name: str, pairs: list[tuple[dict[str, float], dict[str, float]]], what: str, gate: float) -> Row:
    return {
        "name": name,
        "ours": 1000 * statistics.median(kept[what] for _, kept in pairs),
        "peer": 1000 * statistics.median(anew[what] for anew, _ in pairs),
        "ratio": statistics.median(anew[what] / kept[what] for anew, kept in pairs),
        "gate": gate,
        "unit": "ms CPU",
        "note": "cold process, imports excluded",
    }


def _against(pairs: list[tuple[dict[str, float], dict[str, float]]], limit: str, name: str, gate: float | None) -> Row:
    """Two mappings with a program each, against a limit for the texts of these programs."""
    whole = [(2 * kept["load"] + kept["first"], kept[limit]) for _, kept in pairs]
    return {
        "name": name,
        "ours": 1000 * statistics.median(ours for ours, _ in whole),
        "peer": 1000 * statistics.median(peer for _, peer in whole),
        "ratio": statistics.median(peer / ours for ours, peer in whole),
        "gate": gate,
        "unit": "ms CPU",
        "note": "INVOIC and UBL Invoice together",
    }


def _both(program: str, argument: str, account: Path) -> tuple[dict[str, float], dict[str, float]]:
    """A process with an empty cache, and the next one."""
    for place in sorted((account / "edi" / "programs").glob("*")):
        place.unlink()
    return _process(program, argument, account), _process(program, argument, account)


def _process(program: str, argument: str, account: Path) -> dict[str, float]:
    environment = {**as_installed(), "XDG_CACHE_HOME": str(account), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", program, argument]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    said: dict[str, float] = json.loads(done.stdout)
    return said
