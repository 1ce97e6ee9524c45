"""`edi send`: one file through one channel, by way of the outbox."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson

if TYPE_CHECKING:
    from edi.engine.engine import Engine
    from edi.slices import Slice
    from edi.store.queries import AttemptLine, OutboundLine
    from edi.store.spool import Spool
    from edi.workspace.model import ChannelFile


def send(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="The file; it is sent as it is. Several, by AS2: in one message under one receipt.",
            metavar="FILE...",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    channel: Annotated[str, typer.Option("--channel", help="The channel, as its file in channels/ is named.")],
    why: Annotated[str | None, typer.Option("--why", help="The reason, for the audit trail.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a file through a channel as it is. It is kept and audited like every output, and the same file is not sent twice.

    A running daemon delivers it; without one it is delivered now, after whatever waits in that channel.
    Exit codes: 0 the other side has it, or a daemon will deliver it; 1 could not run; 2 not delivered, and the reason was shown.
    """
    from edi.cli import assembly, output
    from edi.engine.operator import Act
    from edi.engine.states import Machine, word
    from edi.engine.submit import submit
    from edi.store import queries

    act = Act(who=assembly.operator_name(), why=why)
    with assembly.engine(assembly.workspace(context)) as engine:
        name, payload, content_type = _together(files, engine.context.channel(channel), engine.context.store.spool)
        done = submit(engine.context, channel, filename=name, payload=payload, content_type=content_type, act=act)
        by_daemon = done.first and not deliver_now(engine, channel, engine.context.workspace.folder / assembly.STORE_FOLDER)
        with engine.context.store.reading() as view:
            line = queries.outbound_of(view, int(done.outbound[1:]))
            tried = queries.attempts(view, int(done.outbound[1:]))
    assert line is not None, "it was queued above"
    if as_json:
        output.as_json({"submitted": done, "outbound": line, "attempts": tried, "daemon": by_daemon})
    else:
        if not done.first:
            output.say(f"{name} was handed over before for {channel}, as {done.outbound}; `edi resend {done.outbound}` sends it again")
        else:
            output.say(f"kept {line.size} bytes of {name} as {done.outbound}")
        output.say(f"{done.outbound} is {word(Machine.OUTBOUND, line.state)}: {said(line, tried, by_daemon=by_daemon)}")
    if line.state not in {"acknowledged", "awaiting"} and not by_daemon:
        raise typer.Exit(output.SOMETHING_FAILED)


def _together(files: list[Path], channel: ChannelFile, spool: Spool) -> tuple[str, Slice, str]:
    """Name, content and content type of what is sent: a copy, since a file may change while it is read.

    Raises ConfigError for several files through a channel that sends one at a time.
    """
    from edi.errors import ConfigError
    from edi.slices import Slice
    from edi.store.payloads import sha256
    from edi.store.spool import FileBytes

    kinds = [mimetypes.guess_type(file.name)[0] or "application/octet-stream" for file in files]
    if len(files) == 1:
        return files[0].name, spool(Slice.of(FileBytes.open(files[0])).chunks()), kinds[0]
    if channel.kind != "as2":
        raise ConfigError(f"channel {channel.name!r} sends one file at a time", hint="several in one message are for channels of kind as2")
    from edi.channels.as2.building import bundle
    from edi.channels.as2.opening import Payload

    parts = [
        Payload(content=spool(Slice.of(FileBytes.open(file)).chunks()), content_type=kind, filename=file.name)
        for file, kind in zip(files, kinds, strict=True)
    ]
    # The same files give the same bytes: handed over again, they are not sent again.
    digest = hashlib.sha256(b"".join(bytes.fromhex(sha256(part.content)) for part in parts)).hexdigest()
    made = bundle(parts, f"parts-{digest[:40]}", sink=spool)
    return f"{files[0].name} and {len(files) - 1} more", made.content, made.content_type


def deliver_now(engine: Engine, channel: str, folder: Path) -> bool:
    """Deliver what is due in the channel; False if a daemon runs, whose work that is."""
    from edi.store.lock import AlreadyRunningError, DaemonLock

    try:
        with DaemonLock(folder):
            engine.start()
            while engine.deliver(channel):
                pass
    except AlreadyRunningError:
        return False
    return True


def said(line: OutboundLine, tried: tuple[AttemptLine, ...], *, by_daemon: bool) -> str:
    """What happened to it, in words."""
    if tried and tried[-1].note:
        return tried[-1].note
    return "the running daemon delivers it" if by_daemon else line.reason or "it waits in the outbox: its channel or the outbox is on hold"
