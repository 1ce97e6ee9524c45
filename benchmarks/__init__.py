"""What is measured, against whom, as ratios taken in one run."""

import os
from pathlib import Path

BYTECODE = Path(__file__).parents[1] / ".cache" / "benchmarks" / "bytecode"


def as_installed() -> dict[str, str]:
    """The environment for processes of ours: their byte code is kept, as an installed program's is, whatever the machine says of writing it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BYTECODE)}
