"""`python -m benchmarks [NAME ...] [--scale 0.1] [--json FILE]`: every benchmark module's rows as one table.

A module offers `run(scale) -> list[Row]`. A row compares us with a peer or a physical limit in the same run; `ratio` is ours/peer
as "how many times better we are", so more is better. Absolute figures move with the machine; only the ratios are compared with a gate.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
from pathlib import Path
from typing import NotRequired, TypedDict

import benchmarks


class Row(TypedDict):
    name: str
    ours: float | str
    peer: float | str
    ratio: float | None
    gate: float | None
    stretch: NotRequired[float | None]
    unit: str
    note: NotRequired[str]


def modules() -> list[str]:
    """Names of the benchmark modules: those that offer `run`."""
    return [
        info.name
        for info in pkgutil.iter_modules(benchmarks.__path__)
        if info.name != "__main__" and "def run(" in Path(benchmarks.__path__[0], f"{info.name}.py").read_text()
    ]


def show(rows: list[Row]) -> None:
    columns = ("name", "ours", "peer", "ratio", "gate", "unit", "note")
    cells = [[figure(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in [list(columns), *cells]) for index in range(len(columns))]
    for line in [list(columns), ["-" * width for width in widths], *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def figure(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
        case _:
            return str(value)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(modules())}")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data, 1 = as published")
    parser.add_argument("--json", type=Path, help="also write the rows there")
    chosen = parser.parse_args()
    rows: list[Row] = []
    for name in chosen.names or modules():
        print(f"... {name}", flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").run(chosen.scale)
    show(rows)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
