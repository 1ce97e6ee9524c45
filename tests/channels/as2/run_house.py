"""Serves an AS2 house in a process of its own, so that something can kill it: `python -m tests.channels.as2.run_house FOLDER [HOW]`."""

import asyncio
import logging
import os
import resource
import signal
import sys
import threading
from pathlib import Path

import structlog
from starlette.responses import Response

from edi.formats.cms import Identity
from tests.channels.as2.rig import As2House, post
from tests.engine.house import StillClock, order


async def half(response: Response, scope: object, receive: object, send: object) -> None:
    """Write half of the answer and die."""
    await send({"type": "http.response.start", "status": 200, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body[: len(response.body) // 2], "more_body": True})
    await asyncio.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)


def partner_sends(house: As2House, folder: Path) -> None:
    """Two messages, one of them too large for the database; what was acknowledged is noted in a file of the partner's."""
    with house.serving() as port:
        for number, message in enumerate(
            (house.message(), house.message(order("4712", reference="2") + b"\r\n" * 700_000, message_id="<2@a>"))
        ):
            if post(port, message).status == 200:
                (folder / f"acknowledged-{number}").write_text(message.message_id)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    house = As2House.__new__(As2House)
    house.folder, house.db = Path(sys.argv[1]), None
    how = sys.argv[2] if len(sys.argv) > 2 else ""
    house.clock = StillClock()
    house.again()
    if how == "--once":
        house.engine.run_once()
        sys.exit()
    if how == "--partner":
        house.us, house.them = (
            Identity.load((house.folder / f"{name}.pem").read_bytes(), (house.folder / f"secrets/{name}.key").read_bytes())
            for name in ("us", "them")
        )
        partner_sends(house, house.folder)
        house.engine.close()
        sys.exit()
    if how == "--half":
        Response.__call__ = half
    with house.serving() as port:
        print(port, flush=True)
        if how.startswith("--files="):
            resource.setrlimit(resource.RLIMIT_NOFILE, (int(how.partition("=")[2]), 4096))
        threading.Event().wait(60)
