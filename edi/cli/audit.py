"""`edi audit`: the trail of who did what, and the proof that it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from edi.store.audit import Head

app = family("The audit trail: show it, prove that it is whole, keep its head elsewhere.")


@app.command()
def verify(
    context: typer.Context,
    heads: Annotated[
        list[str] | None, typer.Option("--head", help="A head that was kept elsewhere, SIZE:HASH; several are allowed.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", help="A file of `edi audit head --json`, or a folder of them; several are allowed.", exists=True),
    ] = None,
    payloads: Annotated[bool, typer.Option("--payloads", help="Read every payload too: none was changed, none is gone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove that nothing in the trail was edited, deleted, inserted or moved.

    That its end was not cut off, and that it was not written anew as a whole, is proven only against heads kept elsewhere
    (`edi audit head`). Exit code 2 if it does not hold.
    """
    from edi.cli import assembly, output
    from edi.cli.audit_heads import read_heads
    from edi.store import audit
    from edi.store.payload_check import verify_payloads

    kept = (*(_head(text) for text in heads or ()), *read_heads(against or ()))
    with assembly.reading(context) as view:
        breaks = (*audit.verify(view.connection, kept), *(verify_payloads(view) if payloads else ()))
        last = audit.head(view.connection)
    proven = f", and {len(kept)} kept head{'s' * (len(kept) != 1)} stand in it" if kept else ""
    whole = "; every payload is what was stored" if payloads else ""
    output.problems(breaks, f"{last.size} entries, each follows the one before it{proven}{whole}", as_json=as_json)


@app.command()
def head(
    context: typer.Context,
    since: Annotated[
        Path | None, typer.Option("--since", help="An older head's file: the proof that the trail begins with it is added.", exists=True)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with the root over all entries.")] = False,
) -> None:
    """Show the head of the trail, SIZE:HASH. Kept elsewhere, it proves later that nothing was cut off."""
    from datetime import UTC, datetime

    from edi.cli import assembly, output
    from edi.cli.audit_heads import read_heads
    from edi.store import audit
    from edi.store.audit_heads import as_json as shown
    from edi.store.store import moment

    with assembly.reading(context) as view:
        if not as_json and since is None:
            last = audit.head(view.connection)
            output.say(f"{last.size}:{last.hash}")
            return
        older = read_heads([since])[0] if since is not None else None
        output.say(shown(view, at=moment(datetime.now(UTC)), since=older))


@app.command(name="verify-heads")
def verify_heads(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Heads that were exported, or folders of them.", exists=True)],
    as_json: AsJson = False,
) -> None:
    """Prove from exported heads alone that the trail only grew: needs no workspace. Exit code 2 if it does not hold."""
    from edi.cli import output
    from edi.cli.audit_heads import texts
    from edi.store.audit_heads import verify as prove

    found = texts(files)
    output.problems(prove(found), f"{len(found)} heads, each begins with the one before it", as_json=as_json)


@app.command()
def show(
    context: typer.Context,
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only of these: T12, M5, O7; without any, the newest of all.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="At most so many, the newest.", min=1, max=100_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who did what, when and why."""
    from collections import deque

    from edi.cli import assembly, output
    from edi.store import audit

    with assembly.reading(context) as view:
        entries = deque(audit.entries(view.connection, subjects or ()), maxlen=count)
    if as_json:
        output.as_json(entries)
        return
    output.table(
        ("", "when", "who", "what", "event", "detail"),
        [
            (one.seq, output.moment(one.event.at), one.event.actor, one.event.subject, one.event.event, output.compact(one.event.detail))
            for one in entries
        ],
    )


@app.command()
def export(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="T12, or a message M5 or delivery O7 of it.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip that is written; never over another file.")],
) -> None:
    """Write the evidence of one document: every byte, every step and the proof, to be verified without this store."""
    from edi.cli import assembly, output
    from edi.errors import ConfigError
    from edi.store import evidence

    with assembly.reading(context) as view:
        data = evidence.pack(view, evidence.transmission_of(view, name))
    try:
        with file.open("xb") as handle:
            handle.write(data)
    except OSError as error:
        raise ConfigError(f"{file} could not be written: {error.strerror}", hint="name a file that is not there yet") from error
    output.say(f"{file}: {len(data)} bytes; edi audit verify-pack proves it anywhere")


@app.command(name="verify-pack")
def verify_pack(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `edi audit export` wrote.", exists=True, dir_okay=False)],
    against: Annotated[
        Path | None, typer.Option("--against", help="The exported head of the moment the pack was made.", exists=True, dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that nothing in an evidence pack was changed; needs no workspace. Exit code 2 if it does not hold."""
    from edi.cli import output
    from edi.cli.audit_heads import read_heads
    from edi.store import evidence_proof

    data = file.read_bytes()
    breaks = evidence_proof.verify(data, read_heads([against])[0] if against is not None else None)
    head = evidence_proof.head_of(data)
    output.problems(breaks, f"every byte and every entry is what it was; root {head.root} over {head.size} entries", as_json=as_json)


def _head(text: str) -> Head:
    from edi.store.audit import Head

    size, _, digest = text.partition(":")
    if not size.isdecimal() or len(digest) != 64:
        raise typer.BadParameter(f"{text!r} is no head; edi audit head shows one as SIZE:HASH")
    return Head(size=int(size), hash=digest)
