"""One huge message through a house, in or out, with its peak of memory: `python -m tests.channels.as2.run_huge FOLDER in|out MEGABYTES`.

The partner's half runs in a process of its own (`partner-sends PORT`, `partner-takes`), so that the peak is the house's alone.
"""

from __future__ import annotations

import http.client
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import structlog

from edi.engine.operator import Act
from edi.engine.submit import submit
from edi.formats.cms import Identity
from edi.slices import Slice
from edi.store import tables
from edi.store.spool import FileBytes
from tests.channels.as2.rig import As2House, Peer, with_receipt
from tests.engine.house import StillClock


def peak() -> int:
    """Megabytes this process ever had in memory, mapped files included."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10


def content(place: Path, megabytes: int) -> Slice:
    with place.open("wb") as file:
        for number in range(megabytes):
            file.write(number.to_bytes(4, "big") * (1 << 18))
    return Slice.of(FileBytes.open(place))


def partner(folder: Path) -> As2House:
    """Keys and clock of the house, without its store."""
    house = As2House.__new__(As2House)
    house.clock = StillClock()
    house.us, house.them = (
        Identity.load((folder / f"{name}.pem").read_bytes(), (folder / f"secrets/{name}.key").read_bytes()) for name in ("us", "them")
    )
    return house


def child(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.channels.as2.run_huge", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def receives(folder: Path, megabytes: int) -> tuple[str, int]:
    house = As2House(folder)
    with house.serving() as port, child(folder, "partner-sends", megabytes, port) as other:
        said = other.communicate()[0].strip()
    house.engine.settle()
    (row,) = house.rows(tables.transmission)
    return f"{said} {row.state}", row.size


def sends(folder: Path, megabytes: int) -> tuple[str, int]:
    As2House(folder).engine.close()
    with child(folder, "partner-takes", megabytes) as other:
        assert other.stdout is not None
        text = (folder / "channels/acme-out.yaml").read_text()
        (folder / "channels/acme-out.yaml").write_text(text.replace("http://127.0.0.1:9/as2", other.stdout.readline().strip()))
        house = partner(folder)
        house.folder, house.db = folder, None
        house.again()
        data, kind = content(folder / "huge.bin", megabytes), "application/octet-stream"
        size = len(data)
        submit(house.engine.context, "acme-out", filename="huge.bin", payload=data, content_type=kind, act=Act(who="test"))
        house.engine.deliver("acme-out")
        other.communicate("")
    return str(house.sent().state), size


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    where, how, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if how == "partner-sends":
        message = partner(where).message(content=content(where / "huge.bin", count), content_type="application/octet-stream")
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[4]), timeout=600)
        connection.request(
            "POST", "/as2", body=message.body.chunks(), headers={**dict(message.headers), "Content-Length": str(len(message.body))}
        )
        print(connection.getresponse().status)
    elif how == "partner-takes":
        served = Peer()
        done = threading.Event()

        def script(heard: object) -> bytes:
            answer = with_receipt(partner(where))(heard)  # type: ignore[arg-type]  # as the peer hands it over
            done.set()
            return answer or b""

        served.scripts.append(script)
        print(served.url, flush=True)
        done.wait(600)
        served.close()
    else:
        outcome, length = (receives if how == "in" else sends)(where, count)
        print(json.dumps({"outcome": outcome, "size": length, "peak": peak()}))
