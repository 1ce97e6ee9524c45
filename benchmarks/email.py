"""Documents out of a mailbox on a real Dovecot, against imap-tools reading the same mails in bulk and keeping nothing."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.__main__ import Row
from edi.channels import email
from tests.channels.test_email_mailbox import mail
from tests.servers.dovecot import PASSWORD, Dovecot, dovecot

ATTACHMENT_BYTES = 11_000
"""15 kB as it travels."""
ROUNDS = 3


def run(scale: float) -> list[Row]:
    count = max(50, int(10_000 * scale))
    with dovecot() as server:
        user = server.new_user()
        for number in range(count):
            server.drop(user, mail((f"order-{number}.edi", b"%08d" % number * (ATTACHMENT_BYTES // 8))))
        by_peer(server, user)  # the server indexes the mailbox once
        rounds = [(ours(server, user, count), by_peer(server, user)) for _ in range(ROUNDS)]
    own, peer = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(theirs / mine for mine, theirs in rounds)
    name = f"documents out of {count} mails"
    return [
        Row(
            name=name,
            ours=count / own,
            peer=count / peer,
            ratio=ratio,
            gate=0.5,
            stretch=1.0,
            unit="mails/s",
            note="peer: imap-tools, bulk 50, attachments read",
        )
    ]


def ours(server: Dovecot, user: str, count: int) -> float:
    keys = {"host": "127.0.0.1", "port": server.imap, "tls": "none", "user": user, "password": "${env:P}", "after": "leave"}
    end = email.inbound("in", email.Settings.model_validate(keys), {"${env:P}": PASSWORD}.__getitem__, folder=Path())
    began = time.perf_counter()
    taken = sum(1 for offer in end.offers() if end.fetch(offer))
    took = time.perf_counter() - began
    end.close()
    assert taken == count
    return took


def by_peer(server: Dovecot, user: str) -> float:
    import imap_tools

    began = time.perf_counter()
    with imap_tools.MailBoxUnencrypted("127.0.0.1", server.imap).login(user, PASSWORD) as box:
        for message in box.fetch(mark_seen=False, bulk=50):
            assert [attachment.payload for attachment in message.attachments]
    return time.perf_counter() - began
