"""A file that a person hands over for a channel: queued like every output, kept and audited, its bytes sent as they are.

The claim is a unique row per channel, name and bytes: handing the same file over again finds the first one and sends nothing (P11).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Final

from edi.engine.context import Context
from edi.engine.moves import create_if_new
from edi.engine.operator import Act
from edi.engine.states import Machine
from edi.errors import ConfigError
from edi.limits import RECEIVED_BYTES_MAX
from edi.slices import Slice
from edi.store import work
from edi.store.dialect import select_where
from edi.store.payloads import sha256
from edi.store.tables import outbound

KIND: Final = "file"
"""What stands where a document's kind stands: nobody looked into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A file in the outbox."""

    outbound: str
    """`O7`."""
    first: bool
    """False: the same file was handed over before for this channel."""
    state: str


def submit(context: Context, channel: str, *, filename: str, payload: Slice, content_type: str, act: Act) -> Submitted:
    """Queue the bytes for a channel. Raises ConfigError if it does not send, or they are more than a channel may carry."""
    file = context.channel(channel)
    if file.direction not in {"out", "both"}:
        raise ConfigError(f"channel {channel!r} does not send", hint=f"its file says direction: {file.direction}")
    if len(payload) > RECEIVED_BYTES_MAX:
        raise ConfigError(f"{filename} has {len(payload)} bytes", hint=f"at most {RECEIVED_BYTES_MAX} are sent at once")
    digest = sha256(payload)
    effect = f"file|{channel}|{filename}|{digest}"
    with context.store.writing(f"operator:{act.who}", context.clock.now()) as transaction:
        values = {
            "identity": uuid.uuid4().hex,
            "effect": effect,
            "channel": channel,
            "partner": file.partner,
            "kind": KIND,
            "test": False,
            "filename": filename,
            "content_type": content_type,
            "attributes": json.dumps(_attributes(context, file.partner, filename), sort_keys=True),
            "payload_sha256": transaction.keep(payload),
            "body_sha256": digest,
            "size": len(payload),
            "state": "ready",
            "attempts": 0,
            "due": transaction.now,
            "made": transaction.now,
            "since": transaction.now,
            "findings": "[]",
        }
        detail = {"channel": channel, "file": filename, "sha256": digest, "who": act.who, "why": act.why}
        outbound_id = create_if_new(transaction, Machine.OUTBOUND, values, **detail)
        if outbound_id is None:
            there = select_where(transaction.connection, outbound, {"effect": effect}, "id", "state").one()
            transaction.audit(f"O{there.id}", "handed_over_again", who=act.who, why=act.why)
            return Submitted(outbound=f"O{there.id}", first=False, state=there.state)
        work.add(transaction.connection, "deliver", outbound_id, lane=channel, due=transaction.now)
    return Submitted(outbound=f"O{outbound_id}", first=True, state="ready")


def _attributes(context: Context, partner: str | None, filename: str) -> dict[str, str]:
    """What templates of names and subjects may ask for; the file's own name stands for the references nobody knows."""
    stem = filename.rpartition(".")[0] or filename
    fields = {"sender": context.workspace.us.name, "recipient": partner or context.workspace.us.name}
    return {**fields, "kind": KIND, "type": KIND, "number": stem, "ref": stem}
