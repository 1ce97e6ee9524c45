"""Cold start: how much longer `edi --help` and the commands for one EDIFACT file take than a typer program of two commands (gate S1).

Both sides run with their byte code at hand, as installed programs do, whatever the environment here says of writing it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import as_installed
from benchmarks.__main__ import Row
from benchmarks.generate import Writer

PAIRS = 9
GATE_SECONDS = 0.060
"""How much longer we may take."""

BARE = """
import typer
app = typer.Typer()
@app.command()
def one(file: str) -> None: ...
@app.command()
def two(file: str) -> None: ...
app()
"""


def run(scale: float) -> list[Row]:
    del scale
    with tempfile.TemporaryDirectory() as folder:
        bare, sample = Path(folder) / "bare.py", Path(folder) / "order.edi"
        bare.write_text(BARE)
        sample.write_bytes(b"".join(Writer().mixed(3_000)))
        verbs = {verb: [verb, str(sample)] for verb in ("inspect", "validate", "contrl", "fmt")} | {
            "diff": ["diff", str(sample), str(sample)]
        }
        return [
            _row("S1 edi --help / bare typer --help", ["-m", "edi", "--help"], [str(bare), "--help"]),
            *(
                _row(f"S1 edi {verb} FILE / bare typer command", ["-m", "edi", *rest], [str(bare), "one", "file"])
                for verb, rest in verbs.items()
            ),
            _row("   import edi.formats.edifact / stdlib it uses", ["-c", "import edi.formats.edifact"], ["-c", STDLIB]),
        ]


STDLIB = "import dataclasses, datetime, enum, re, typing"


def _row(name: str, ours: list[str], theirs: list[str]) -> Row:
    """Milliseconds from start to end; the ratio is the gate's time over what we take longer, so that 1 and more keeps it."""
    _wall(ours)
    _wall(theirs)
    pairs = [(_wall(ours), _wall(theirs)) for _ in range(PAIRS)]
    more = statistics.median(mine - peer for mine, peer in pairs)
    return {
        "name": name,
        "ours": 1000 * statistics.median(mine for mine, _ in pairs),
        "peer": 1000 * statistics.median(peer for _, peer in pairs),
        "ratio": GATE_SECONDS / max(more, 0.001),
        "gate": 1.0 if name.startswith("S1") else None,
        "unit": "ms",
        "note": f"{1000 * more:.0f} ms more; at most {1000 * GATE_SECONDS:.0f}",
    }


def _wall(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True, cwd=Path(__file__).parents[1], env=as_installed())
    return time.perf_counter() - start
