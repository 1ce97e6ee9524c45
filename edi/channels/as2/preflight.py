"""A channel tried before it carries documents, told in sentences: certificates, connection, a test message and what its receipt says."""

from __future__ import annotations

import socket
import ssl
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edi.channels.as2.keys import Held, Keys, Stage, stages
from edi.channels.as2.post import CONNECT_SECONDS, Post, client_context
from edi.channels.as2.tls import why_refused
from edi.engine.ports import Delivery
from edi.errors import TemporaryChannelError
from edi.formats.cms import Certificate
from edi.slices import Slice

if TYPE_CHECKING:
    from edi.channels.as2.sending import As2Outbound

SOON_DAYS = 30


def stages_in_words(keys: Keys, at: datetime) -> Iterator[str]:
    """One sentence per certificate."""
    ours, theirs = keys.held()
    for whose, held in (("ours", ours), ("theirs", theirs)):
        for one, stage in stages(held, at):
            yield f"{whose}: {in_words(one, stage, at)}"


def in_words(one: Held, stage: Stage, at: datetime) -> str:
    """File, subject, stage, and how long it will do."""
    return f"{one.file}: {one.certificate.subject}, {stage}, {expiry(one.certificate, at)}"


def expiry(certificate: Certificate, at: datetime) -> str:
    """Until when, in words that say whether somebody must act."""
    days = (certificate.valid_until - at).days
    if certificate.valid_until < at:
        return f"expired on {certificate.valid_until:%Y-%m-%d}"
    if certificate.valid_from > at:
        return f"valid from {certificate.valid_from:%Y-%m-%d} to {certificate.valid_until:%Y-%m-%d}"
    left = f"valid until {certificate.valid_until:%Y-%m-%d}, {days} day{'s' * (days != 1)} left"
    return left + (": renew it now" if days <= SOON_DAYS else "")


def connection(post: Post) -> Iterator[str]:
    """Connect as for a message, and say what stands; nothing is sent. Raises TemporaryChannelError with the reason if it does not."""
    url = post.settings.url
    if url is None:
        yield "no `url`: this channel does not send"
        return
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    context = client_context(post.name, post.settings, post.secrets, post.folder)
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
            if parts.scheme != "https":
                yield f"connected to {host}:{port}, without TLS"
                return
            with context.wrap_socket(plain, server_hostname=host) as secure:
                der = secure.getpeercert(binary_form=True)
                shown = f"; it shows {_shown(der)}" if der else ""
                yield f"connected to {host}:{port} with {secure.version()}{shown}"
    except (OSError, ssl.SSLError) as error:
        said, hint = why_refused(url, error)
        raise TemporaryChannelError(said, hint=hint) from error


def _shown(der: bytes) -> str:
    found = Certificate.load(der)
    return f"{found.subject}, {expiry(found, datetime.now(UTC))}"


TEST_TEXT = b"This is a test of the connection, sent by edi partner test. It holds no document.\r\n"


def trial(outbound: As2Outbound, content: bytes, content_type: str, filename: str) -> Iterator[str]:
    """Send one test message under an identity of its own, and say what the partner's side did with it. Raises ChannelError if it failed."""
    moment = datetime.now(UTC)
    delivery = Delivery(identity=f"test-{uuid.uuid4().hex}", filename=filename, content=Slice.of(content), content_type=content_type)
    prepared = outbound.prepare(delivery, moment)
    security = outbound.settings
    what = [f"signed with {security.sign}"] * bool(security.sign) + [f"encrypted with {security.encrypt}"] * bool(security.encrypt)
    what += [f"compressed {security.compress.replace('_', ' ')}"] * 1 if security.compress else []
    yield f"sending {len(content)} bytes {', '.join(what) or 'as they are'}, in a message of {len(prepared.content)} bytes"
    sent = outbound.send(prepared)
    yield sent.note
    if sent.awaiting is not None:
        yield f"their software is to send it to {security.receipt.asynchronous if security.receipt else ''} (edi run must listen there)"
    elif security.receipt is not None:
        yield "the receipt is theirs, is for this message, and says that they have exactly these bytes"
