"""Webhooks: programs that want to know are told of every change of state, in order, at least once, signed.

Rule 1: what is told is numbers and states, never the content of documents.
Rule 2: a listener that does not answer is asked again, later and later; the others are told meanwhile.
Rule 3: what a listener does not take within `GIVE_UP_AFTER` is passed over, with an entry in the audit trail.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from edi.engine.context import Context
from edi.errors import EdiError
from edi.store import news
from edi.store.news import News
from edi.web.api.settings import Webhook

if TYPE_CHECKING:
    import httpx

LOOK_SECONDS: Final = 1.0
FIRST_WAIT_SECONDS: Final = 5.0
LONGEST_WAIT_SECONDS: Final = 900.0
TIMEOUT_SECONDS: Final = 15.0
GIVE_UP_AFTER: Final = timedelta(days=3)

LOG = structlog.get_logger("edi.web")


@dataclass(slots=True, kw_only=True)
class Listener:
    """One program that is told."""

    webhook: Webhook
    secret: bytes
    waiting_seconds: float = 0.0
    """How long it is left alone after its last failure."""
    due: float = 0.0


@dataclass(slots=True, kw_only=True)
class Teller:
    """Tells all listeners of a workspace."""

    context: Context
    listeners: Sequence[Listener]
    client: httpx.Client
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `stopping` is set."""
        while not self.stopping.wait(LOOK_SECONDS):
            self.tell_all()

    def tell_all(self) -> int:
        """One round: everybody who is due hears what is new to them; how many changes were told."""
        count = 0
        for listener in self.listeners:
            if self.context.clock.monotonic() < listener.due or self.stopping.is_set():
                continue
            try:
                count += self._tell(listener)
            except EdiError as error:
                LOG.warning("webhook_failed", webhook=listener.webhook.name, reason=str(error))
                self._postpone(listener)
        return count

    def _tell(self, listener: Listener) -> int:
        name, store = listener.webhook.name, self.context.store
        with store.reading() as view:
            last = news.told(view, name)
        if last is None:
            with store.writing("webhooks", self.context.clock.now()) as transaction:
                news.begin(transaction, name)
            return 0
        with store.reading() as view:
            until, found = news.after(view, last)
        told = 0
        for one in found:
            if not listener.webhook.wants(one.partner, one.kind):
                continue
            if not self._took(listener, one):
                until = one.seq - 1
                break
            told += 1
        if until != last:
            with store.writing("webhooks", self.context.clock.now()) as transaction:
                news.remember(transaction, name, until)
        return told

    def _took(self, listener: Listener, one: News) -> bool:
        """True if the listener has it, or never will."""
        import httpx  # noqa: PLC0415 -- wanted only where somebody is told

        body = json.dumps({"id": one.seq, **{key: value for key, value in asdict(one).items() if key != "seq"}}, sort_keys=True).encode()
        stamp = str(int(self.context.clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Timestamp": stamp,
            "X-Signature": signature(listener.secret, stamp, body),
            "X-Event-Id": str(one.seq),
        }
        try:
            answered = self.client.post(listener.webhook.url, content=body, headers=headers)
            said = str(answered.status_code)
        except httpx.HTTPError as error:
            answered, said = None, type(error).__name__
        if answered is not None and answered.is_success:
            listener.waiting_seconds = listener.due = 0.0
            return True
        LOG.warning("webhook_not_taken", webhook=listener.webhook.name, event_id=one.seq, said=said)
        if self.context.clock.now() - datetime.fromisoformat(one.at) > GIVE_UP_AFTER:
            with self.context.store.writing("webhooks", self.context.clock.now()) as transaction:
                transaction.audit(one.subject, "webhook_given_up", webhook=listener.webhook.name, number=one.seq, said=said)
            return True
        self._postpone(listener)
        return False

    def _postpone(self, listener: Listener) -> None:
        listener.waiting_seconds = min(max(FIRST_WAIT_SECONDS, listener.waiting_seconds * 2), LONGEST_WAIT_SECONDS)
        listener.due = self.context.clock.monotonic() + listener.waiting_seconds


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `<stamp>.<body>`, in hexadecimal."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def teller(context: Context, webhooks: Sequence[Webhook]) -> Teller:
    """For these webhooks; whoever asks closes its client. Raises ConfigError where a secret is missing."""
    import httpx  # noqa: PLC0415 -- as above

    secret = context.workspace.secret
    listeners = [Listener(webhook=one, secret=secret(str(one.secret)).encode()) for one in webhooks]
    client = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
    return Teller(context=context, listeners=listeners, client=client)
