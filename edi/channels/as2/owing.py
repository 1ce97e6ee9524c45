"""Asynchronous receipts we owe: sent to agreed addresses only, the same bytes each time, by a table of their own (2.2, T09)."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

import structlog

from edi.channels.as2 import Settings
from edi.channels.as2.post import client_context
from edi.engine.context import ACTOR, Context
from edi.engine.failpoint import failpoint
from edi.errors import ConfigError, TemporaryChannelError
from edi.store import receipts
from edi.store.store import moment

ATTEMPTS_MAX: Final = 10
FIRST_SECONDS: Final = 30
LONGEST_SECONDS: Final = 3600
POST_SECONDS: Final = 60.0
ANSWER_BYTES_MAX: Final = 64 * 1024
"""More of the answer to a receipt nobody reads."""
URL_CHARACTERS_MAX: Final = 2048

LOG = structlog.get_logger("edi.as2")


def is_allowed(url: str, targets: Sequence[str]) -> bool:
    """True if the address has exactly the scheme, host and port of an agreed one, and nothing that hides another."""
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        return False
    wanted = origin(url)
    return wanted is not None and any(wanted == origin(target) for target in targets)


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where it is no plain web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def send_owed(context: Context) -> int:
    """Try every asynchronous receipt that is due, once; how many were tried."""
    with context.store.reading() as view:
        due = receipts.owed(view, moment(context.clock.now()))
    for one in due:
        _send(context, one)
    return len(due)


def _send(context: Context, owed: receipts.Known) -> None:
    assert owed.target is not None, "only receipts with a target are owed"
    attempts = owed.attempts + 1
    try:
        status = post(owed.target, json.loads(owed.headers), owed.body, _tls(context, owed))
        trouble = None if 200 <= status < 300 else f"the server answered {status}"
    except (TemporaryChannelError, ConfigError) as error:
        trouble = error.message
    failpoint("as2.receipt_posted")
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        if trouble is None:
            receipts.settle(transaction, owed.id, "sent")
            transaction.audit(owed.channel, "receipt_sent", message=owed.transport_id[:300], attempt=attempts)
        elif attempts >= ATTEMPTS_MAX:
            receipts.settle(transaction, owed.id, "given_up")
            transaction.audit(owed.channel, "receipt_given_up", message=owed.transport_id[:300], attempt=attempts, reason=trouble)
        else:
            seconds = min(FIRST_SECONDS * 2 ** (attempts - 1), LONGEST_SECONDS)
            receipts.settle(transaction, owed.id, "owed", due=moment(transaction.time + timedelta(seconds=seconds)))
    if trouble is not None:
        LOG.warning("as2_receipt_not_sent", channel=owed.channel, attempt=attempts, reason=trouble)


def _tls(context: Context, owed: receipts.Known) -> ssl.SSLContext | None:
    """Whom the channel's file trusts; None where no TLS is spoken. Raises ConfigError if the channel or its files are gone."""
    settings = context.channel(owed.channel).settings
    if owed.target is None or not owed.target.lower().startswith("https:") or not isinstance(settings, Settings):
        return None
    return client_context(owed.channel, settings, context.workspace.secret, context.workspace.folder)


def post(url: str, headers: Sequence[Sequence[str]], body: bytes, tls: ssl.SSLContext | None = None) -> int:
    """The status of the answer; redirects are answers like any other. Raises TemporaryChannelError if there is none."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=POST_SECONDS)
    try:
        connection.sock = _connected(parts, tls)
        place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest("POST", place, skip_accept_encoding=True, skip_host=True)
        for name, value in (("Host", parts.netloc), *headers, ("Content-Length", str(len(body))), ("Connection", "close")):
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.read(ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TemporaryChannelError(f"no answer from {parts.hostname}: {error or type(error).__name__}") from error
    else:
        return answer.status
    finally:
        connection.close()


def _connected(parts: SplitResult, tls: ssl.SSLContext | None) -> socket.socket:
    """A connection to the address that was checked: the name is resolved once, so that it cannot change in between."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
    if not _is_literal(host) and _is_inside(str(address[0])):
        raise OSError(f"{host} leads to {address[0]}, an address of this machine or its neighbours; write the address itself to allow it")
    plain = socket.create_connection((str(address[0]), int(address[1])), POST_SECONDS)
    if parts.scheme != "https":
        return plain
    try:
        return (tls or ssl.create_default_context()).wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _is_literal(host: str) -> bool:
    """True for an address, and for the one name that always means this machine: whoever agreed to those meant them."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _is_inside(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return bool(found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast)
