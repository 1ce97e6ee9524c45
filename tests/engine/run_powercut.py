"""The run that a power-cut replay traces, once as it is and once with a planted fault: `python -m tests.engine.run_powercut FOLDER FAULT`."""

import sys
from pathlib import Path
from typing import Any

from edi.slices import Slice
from edi.store import dialect, payloads
from tests.engine.house import House


def plant(fault: str) -> None:
    """Make the mistake that the replay must find."""
    if fault == "normal":
        prepare = dialect._prepare_sqlite

        def weaker(connection: Any, record: object) -> None:
            prepare(connection, record)
            connection.execute("PRAGMA synchronous=NORMAL")

        dialect._prepare_sqlite = weaker
    if fault == "rename":

        def careless(place: Path, data: Slice) -> None:
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = place.with_name(place.name + ".tmp")
            beside.write_bytes(bytes(data))
            beside.replace(place)
            payloads.sync_folder(place.parent)

        payloads.write_durably = careless


if __name__ == "__main__":
    plant(sys.argv[2])
    House(Path(sys.argv[1]), contrl="always").engine.run_once()
