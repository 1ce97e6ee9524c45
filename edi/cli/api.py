"""`edi api`: keys for programs that hand us documents, and what the interface looks like."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.cli.options import AsJson, family

app = family("The interface for programs: make, list and revoke API keys, print its OpenAPI document.")


@app.command()
def make(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="The channel of kind api through which its documents come.")],
    holder: Annotated[str, typer.Option("--holder", help="Which program or person gets it, for the audit trail.")],
    partner: Annotated[list[str] | None, typer.Option("--partner", help="Only documents of this partner; may be repeated.")] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only documents of this kind; may be repeated.")] = None,
) -> None:
    """Make an API key and show it once; only its SHA-256 is kept."""
    from edi.cli import assembly, output
    from edi.documents import KINDS
    from edi.errors import ConfigError
    from edi.store import api_keys

    loaded = assembly.workspace(context)
    file = loaded.channels.get(channel)
    if file is None or file.kind != "api":
        raise ConfigError(f"there is no channel {channel!r} of kind api", hint="write channels/NAME.yaml with kind: api and direction: in")
    for name in partner or ():
        if name not in loaded.partners:
            raise ConfigError(f"there is no partner {name!r}", hint=f"one of: {', '.join(sorted(loaded.partners))}")
    for name in kind or ():
        if name not in KINDS:
            raise ConfigError(f"there is no document kind {name!r}", hint=f"one of: {', '.join(KINDS)}")
    with assembly.writing(loaded.folder) as transaction:
        scope = {"partners": frozenset(partner or ()), "kinds": frozenset(kind or ())}
        key_id, text = api_keys.make(transaction, channel=channel, holder=holder, **scope)
    output.complain(f"K{key_id} for {holder}; it is shown this once:")
    output.say(text)


@app.command("list")
def list_(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """List API keys: who has them and what they are good for."""
    from edi.cli import assembly, output
    from edi.store import api_keys

    with assembly.reading(context) as view:
        found = api_keys.keys(view)
    rows = [
        {
            "key": f"K{one.id}",
            "channel": one.channel,
            "holder": one.holder,
            "partners": " ".join(sorted(one.partners)) or "all",
            "kinds": " ".join(sorted(one.kinds)) or "all",
            "made": one.made,
            "revoked": one.revoked or "",
        }
        for one in found
    ]
    if as_json:
        output.as_json(rows)
    elif rows:
        output.table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        output.say("no keys yet; edi api make CHANNEL --holder NAME makes one")


@app.command()
def revoke(context: typer.Context, key: Annotated[str, typer.Argument(help="The key, as `edi api list` names it: K3.")]) -> None:
    """Revoke an API key; it works no more from now on."""
    from edi.cli import assembly, output
    from edi.errors import EdiError
    from edi.store import api_keys
    from edi.store.naming import number_in

    number = number_in(key, "K")
    if number is None:
        raise EdiError(f"{key!r} is not a name like K3", hint="edi api list shows the names")

    with assembly.writing(assembly.folder(context)) as transaction:
        done = api_keys.revoke(transaction, number)
    if not done:
        output.complain(f"there is no key {key}, or it was revoked before")
        raise typer.Exit(output.SOMETHING_FAILED)
    output.say(f"{key} works no more")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the interface."""
    from edi.cli import output
    from edi.web.api.openapi import document

    output.as_json(document())
