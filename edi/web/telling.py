"""Telling people and programs, in a thread beside the daemon: looks for what needs somebody, and sends the letters that wait.

Nothing here is waited for by documents, and no trouble here stops the daemon but that of the store itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from edi.channels import certificates
from edi.engine import alerts, notices, timers
from edi.engine.audit_watch import AuditWatch
from edi.engine.causes import Cause
from edi.engine.context import Context
from edi.engine.notices import Post
from edi.engine.ports import Letter
from edi.errors import ChannelError, EdiError, StoreError, TemporaryChannelError
from edi.store.store import CollisionError
from edi.web.api.webhooks import signature
from edi.workspace.notices import TOPICS

if TYPE_CHECKING:
    import httpx

SEND_SECONDS: Final = 1.0
"""How often letters that wait are looked for."""
LOOK_SECONDS: Final = 15.0
"""How often causes are looked for."""
PEOPLE_SECONDS: Final = 30.0
"""How often people of partners are told what happened to their documents."""
FORGET_SECONDS: Final = 3600.0
TIMEOUT_SECONDS: Final = 15.0
END_SECONDS_MAX: Final = 20.0

LOG = structlog.get_logger("edi.web")


def posts(context: Context, client: httpx.Client) -> dict[str, Post]:
    """Every way letters leave by, as notices.yaml has it."""
    by_mail = notices.post_by_mail(context)
    found: dict[str, Post] = {"mail": by_mail} if by_mail else {}
    if context.workspace.notices.alerts.webhooks:
        found["webhook"] = lambda letter: post_by_webhook(context, client, letter)
    return found


def post_by_webhook(context: Context, client: httpx.Client, letter: Letter) -> str:
    """Signed as the webhooks of web.yaml are."""
    import httpx  # noqa: PLC0415 -- wanted only where somebody is told

    webhook = next((one for one in context.workspace.notices.alerts.webhooks if one.name == letter.recipient), None)
    if webhook is None:
        raise ChannelError(f"notices.yaml names no webhook {letter.recipient!r}")
    body, stamp = letter.text.encode(), str(int(context.clock.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-Timestamp": stamp,
        "X-Signature": signature(context.workspace.secret(str(webhook.secret)).encode(), stamp, body),
    }
    try:
        answered = client.post(webhook.url, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise TemporaryChannelError(f"webhook {webhook.name!r} could not be reached: {type(error).__name__}") from error
    if not answered.is_success:
        raise TemporaryChannelError(f"webhook {webhook.name!r} answered {answered.status_code}")
    return f"webhook {webhook.name!r} answered {answered.status_code}"


@contextmanager
def http_client() -> Iterator[httpx.Client]:
    """Follows no redirects and no environment: a webhook's address is the one that was written down."""
    import httpx  # noqa: PLC0415 -- as above

    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
        yield client


def once(context: Context) -> int:
    """One look and one round of sending, for passes without a daemon; how many letters were taken."""
    alerts.look(context, (certificates.causes,))
    _tell_people(context)
    with http_client() as client:
        return notices.send_due(context, posts(context, client))


@contextmanager
def telling(current: Callable[[], Context], *, failed: Callable[[StoreError], None]) -> Iterator[None]:
    """While it is entered. `current` gives the context there is now: a reload replaces it. `failed` hears of storage errors (P3)."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(current, stop, failed), name="telling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(END_SECONDS_MAX)


def _run(current: Callable[[], Context], stop: threading.Event, failed: Callable[[StoreError], None]) -> None:
    watch = AuditWatch(current())
    duties = _duties()
    with http_client() as client:
        while not stop.wait(SEND_SECONDS):
            try:
                _round(current(), client, watch, duties)
            except CollisionError:
                continue
            except StoreError as error:
                failed(error)
                return
            except EdiError as error:
                LOG.warning("telling_failed", reason=str(error))


@dataclass(slots=True)
class _Duty:
    """Something done every so many seconds."""

    seconds: float
    do: Callable[[Context, httpx.Client], object]
    due: float = 0.0


def _duties() -> tuple[_Duty, ...]:
    known = certificates.Remembered()
    return (
        _Duty(PEOPLE_SECONDS, lambda context, _: _tell_people(context)),
        _Duty(LOOK_SECONDS, lambda context, _: _look(context, known)),
        _Duty(SEND_SECONDS, lambda context, client: notices.send_due(context, posts(context, client))),
        _Duty(FORGET_SECONDS, lambda context, _: notices.forget_old(context)),
        _Duty(FORGET_SECONDS, lambda context, _: timers.expire(context)),
    )


def _round(context: Context, client: httpx.Client, watch: AuditWatch, duties: Sequence[_Duty]) -> None:
    watch.step()
    for duty in duties:
        now = context.clock.monotonic()
        if now >= duty.due:
            duty.due = now + duty.seconds
            duty.do(context, client)


def _tell_people(context: Context) -> int:
    """Mails to people whom partners' files name; how many are new."""
    if not any(partner.users for partner in context.workspace.partners.values()):
        return 0
    from edi.web.settings import load  # noqa: PLC0415 -- wanted only where there are people to tell
    from edi.web.status import letters  # noqa: PLC0415 -- as above

    return letters.look(context, load(context.workspace.folder).status)


def _look(context: Context, known: certificates.Remembered) -> None:
    for cause in alerts.look(context, (known,)):
        LOG.warning("alert", topic=cause.topic, cause=cause.key, text=cause.text)


def try_out(context: Context, name: str) -> Mapping[str, str | None]:
    """Send a test to everybody who would be told, now and past the queue; what was wrong with each, None where it was taken."""
    about = [Cause(key=name, topic="system", text="this is a test: alerts of this workspace arrive here")]
    subject, text = alerts.mail(context, about)
    now = context.clock.now()
    body = alerts.webhook_body(context, about, at=now.isoformat())
    found: dict[str, str | None] = {}
    with http_client() as client:
        ways = posts(context, client)
        wanted = [
            ("mail", address, text) for address in sorted({one for topic in TOPICS for one in alerts.recipients(context.workspace, topic)})
        ]
        wanted += [("webhook", one.name, body) for one in context.workspace.notices.alerts.webhooks]
        for way, recipient, content in wanted:
            letter = Letter(key=name, recipient=recipient, subject=subject, text=content, made=now)
            try:
                ways[way](letter)
                found[f"{way} {recipient}"] = None
            except EdiError as error:
                found[f"{way} {recipient}"] = str(error)
    return found
