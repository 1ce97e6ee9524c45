"""How long a cold process needs before it can work: mappings that routes use against all of the folder, and what compiling Python costs of it.

Each figure is the CPU time of a process of its own, imports included, so that other work on the machine counts little.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.__main__ import Row
from edi.workspace.init import init

PAIRS = 5
WORKSPACE = """
import sys, time
from pathlib import Path
from edi.channels import directory
from edi.workspace.loader import examine
examine(Path(sys.argv[1]), kinds={"directory": directory.Settings}, compile_mappings=%s)
print('{"seconds": %%f}' %% time.process_time())
"""
PROGRAMS = """
import time
import edi.mapping as mapping
import edi.mapping.program as program
read, write = mapping.load("orders-eancom"), mapping.load("ubl-order")
start = time.process_time()
sources = [read.source("read"), write.source("write")]
made = time.process_time() - start
start = time.process_time()
for source in sources:
    compile(source, "<mapping>", "exec")
print('{"seconds": %f, "compiling": %f, "generating": %f}' % (time.process_time(), time.process_time() - start, made))
"""
LOADING = """
import time
import edi.mapping as mapping
import edi.mapping.spoke
start = time.process_time()
spoke = mapping.load("invoic-eancom")
loaded = time.process_time()
spoke.source("read"), spoke.source("write")
print('{"loading": %f, "making": %f}' % (loaded - start, time.process_time() - loaded))
"""


def run(scale: float) -> list[Row]:
    pairs = max(1, round(PAIRS * scale))
    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[1] / ".cache") as folder:
        init(Path(folder) / "w")
        place = str(Path(folder) / "w")
        found = [(_process(WORKSPACE % "'routed'", place)["seconds"], _process(WORKSPACE % "True", place)["seconds"]) for _ in range(pairs)]
    programs = [_process(PROGRAMS, "") for _ in range(pairs)]
    loads = [_process(LOADING, "") for _ in range(pairs)]
    return [
        {
            "name": "edi run: check mappings that routes use / all of the folder",
            "ours": statistics.median(mine for mine, _ in found),
            "peer": statistics.median(theirs for _, theirs in found),
            "ratio": statistics.median(theirs / mine for mine, theirs in found),
            "gate": 1.0,
            "unit": "s CPU",
            "note": "cold process, imports included",
        },
        {
            "name": "   what a cache of compiled programs could save of a cold translation",
            "ours": statistics.median(one["compiling"] for one in programs),
            "peer": statistics.median(one["seconds"] for one in programs),
            "ratio": None,
            "gate": None,
            "unit": "s CPU",
            "note": f"generating the text: {statistics.median(one['generating'] for one in programs):.3f} s",
        },
        {
            "name": "   loading the largest shipped mapping in a fresh process / making its two programs",
            "ours": statistics.median(one["loading"] for one in loads),
            "peer": statistics.median(one["making"] for one in loads),
            "ratio": None,
            "gate": None,
            "unit": "s CPU",
            "note": "imports excluded; once in a process",
        },
    ]


def _process(program: str, argument: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", program, argument], capture_output=True, text=True, check=True)
    said: dict[str, float] = json.loads(done.stdout)
    return said
