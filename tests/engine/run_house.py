"""Runs the engine on a test house in a process of its own, so that a failpoint can kill it: `python -m tests.engine.run_house FOLDER`."""

import sys
from pathlib import Path

from tests.engine.house import House

if __name__ == "__main__":
    house = House(Path(sys.argv[1]), contrl="always")
    house.engine.run_once()
