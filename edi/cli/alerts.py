"""`edi alerts`: what needs the operator, what was told of it, and whether telling works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from edi.engine.alerts import Known

app = family("What needs the operator: list it, and try out whether mails and webhooks arrive.")


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every cause that needs somebody now, since when, and when it was told; and letters that no server took yet.

    Exit code 0: none does; 2: those that were shown.
    """
    from datetime import UTC, datetime

    from edi.channels import certificates
    from edi.cli import assembly, output
    from edi.engine import alerts, notices

    loaded = assembly.workspace(context)
    with assembly.reading(context) as view:
        found = alerts.now_known(loaded, view, datetime.now(UTC), (certificates.causes,))
        waiting = notices.unsent(view)
    if as_json:
        output.as_json(found)
    else:
        show(found)
        if waiting:
            rows = [(one.way, one.recipient, one.subject, one.attempts, output.moment(one.next_try), one.note) for one in waiting]
            output.table(("not sent yet", "to", "about", "tries", "next", "why"), rows)
        if not found:
            output.say("nothing needs you")
    if found:
        raise typer.Exit(output.SOMETHING_FAILED)


def show(found: tuple[Known, ...]) -> None:
    """One line per cause."""
    from edi.cli import output

    if found:
        rows = [
            (one.cause.topic, output.local_moments(one.cause.text), output.moment(one.since), output.moment(one.told) or "not yet")
            for one in found
        ]
        output.table(("", "what", "since", "told"), rows, title="Needs you")


@app.command("test")
def try_(context: typer.Context, as_json: AsJson = False) -> None:
    """Send a test to every mail address and webhook that alerts go to, now, and say what became of each.

    Exit code 2 if one was not taken, or nobody would be told.
    """
    import secrets

    from edi.cli import assembly, output
    from edi.web.telling import try_out

    loaded = assembly.workspace(context)
    with assembly.engine(loaded) as engine:
        found = try_out(engine.context, f"test|{secrets.token_hex(8)}")
    if as_json:
        output.as_json([{"to": who, "taken": trouble is None, "problem": trouble} for who, trouble in found.items()])
    else:
        for who, trouble in found.items():
            output.say(f"{who}: taken") if trouble is None else output.complain(f"{who}: {trouble}")
    if not found:
        output.complain("nobody would be told: notices.yaml names neither a mail channel with somebody to write to nor a webhook")
    if not found or any(found.values()):
        raise typer.Exit(output.SOMETHING_FAILED)
