"""Log lines for operators on standard error: one line per event, nothing in them that a terminal or a log reader would obey."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from edi.cli.log_stream import LogStream, keep_descriptors, unbuffered
from edi.cli.output import clean


def set_up(*, as_json: bool = False, quiet: bool = False) -> None:
    """`quiet`: warnings and worse only. One event is one line, whatever stands in its values (T23)."""
    import structlog

    keep_descriptors()
    colors = sys.stderr is not None and sys.stderr.isatty()
    last: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=colors, sort_keys=False)
    stream: Any = sys.stderr if quiet else LogStream(unbuffered(sys.stderr))
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _one_line,
    ]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    # What libraries say goes the same way, so that a collector finds one object per line, whoever wrote it.
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last], foreign_pre_chain=shared
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for chatty in ("paramiko", "apscheduler", "httpx"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL if quiet else logging.WARNING)


def _one_line(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Control characters in values are shown, not sent."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = clean(value).replace("\n", " | ")
    return event
