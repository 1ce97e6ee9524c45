"""Being told by the mail server that a mail has come (IMAP IDLE, RFC 2177), over a connection of its own. Polling stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from edi.channels.email.account import Account
from edi.channels.email.mailboxes import failures, logged_in
from edi.errors import ChannelError

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

WAIT_SECONDS: Final = 1.0
RENEW_SECONDS: Final = 540.0
"""Servers hang up on whoever is silent for half an hour, some routers after ten minutes."""
AGAIN_SECONDS: Final = 30.0


def watch(account: Account, wake: Callable[[], None], stop: threading.Event) -> None:
    """Call `wake` when a mail came, until `stop` is set; returns at once where the server does not offer it."""
    while not stop.is_set():
        try:
            with failures(account, "waiting for mail"):
                if not _idle(account, wake, stop):
                    return
        except ChannelError:
            # Whoever polls hears the same, and says it; here it is only tried again.
            stop.wait(AGAIN_SECONDS)


def _idle(account: Account, wake: Callable[[], None], stop: threading.Event) -> bool:
    """Until `stop` is set; False if the server does not offer it."""
    box = logged_in(account)
    try:
        if "IDLE" not in box.client.capabilities:
            return False
        box.folder.set(account.settings.mailbox, readonly=True)
        wake()  # what came before somebody listened
        while not stop.is_set():
            _renewed(box, wake, stop)
        return True
    finally:
        with suppress(Exception):
            box.logout()
        with suppress(Exception):
            box.client.shutdown()


def _renewed(box: BaseMailBox, wake: Callable[[], None], stop: threading.Event) -> None:
    with box.idle as idle:
        for _ in range(int(RENEW_SECONDS / WAIT_SECONDS)):
            if stop.is_set():
                return
            if any(b"EXISTS" in said for said in idle.poll(timeout=WAIT_SECONDS)):
                wake()
