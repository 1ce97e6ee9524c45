"""File names of documents, where partners agreed that they count (EDIINT's FN profile): plain, and never the same twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import select

from edi.channels.as2 import disposition
from edi.channels.as2.opening import Opened
from edi.store.store import Reading
from edi.store.tables import transmission

_PLAIN: Final = re.compile(r"(?!\.)[^\x00-\x1f\x7f/\\:*?\"<>|]{1,255}")


def refused(view: Reading, channel: str, key: str, opened: Opened) -> Opened | None:
    """The message with the disposition that its names earn; None if they are good. `key`: of this message, which may come again."""
    names = [payload.filename or "" for payload in opened.payloads]
    for name in names:
        if not _PLAIN.fullmatch(name):
            return _told(opened, "illegal-filename", f"{name!r} is no plain file name")
    taken = _taken(view, channel, key, names)
    if taken is not None:
        return _told(opened, "duplicate-filename", f"a document called {taken!r} came before")
    return None


def _taken(view: Reading, channel: str, key: str, names: Sequence[str]) -> str | None:
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        return twice
    same = (
        (transmission.c.channel == channel)
        & transmission.c.filename.in_(names)
        & ~transmission.c.transport_id.startswith(f"{key}#", autoescape=True)
    )
    found = view.connection.execute(select(transmission.c.filename).where(same).limit(1)).scalar()
    return None if found is None else str(found)


def _told(opened: Opened, modifier: str, reason: str) -> Opened:
    return replace(opened, disposition=disposition.error(modifier), payloads=(), reason=reason)
