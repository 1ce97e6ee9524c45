"""`edi cert staged`, `activate`, `refuse`: certificates that people of partners handed in on the status page, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, day

if TYPE_CHECKING:
    from edi.store.people import Staged

Name = Annotated[str, typer.Argument(metavar="CERTIFICATE", help="As `edi cert staged` names it: C3.")]


def staged(
    context: typer.Context,
    partner: Annotated[str | None, typer.Argument(help="Only this partner's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List certificates that partners handed in on the status page. None is used before it is activated."""
    from edi.cli import assembly, output
    from edi.store import people

    with assembly.reading(context) as view:
        found = people.staged(view, partner)
    if as_json:
        output.as_json(found)
        return
    rows = (
        (f"C{one.id}", one.partner, one.person, one.state, output.moment(one.expires), one.fingerprint, output.moment(one.made))
        for one in found
    )
    output.table(("certificate", "partner", "from", "state", "valid until", "sha256", "handed in"), rows)


def activate(
    context: typer.Context,
    name: Name,
    channel: Annotated[str, typer.Option("--channel", help="The AS2 channel with that partner that is to use it.")],
    start: Annotated[str, typer.Option("--from", help="Use it from this day on, e.g. 2027-01-01; left out, at once.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="The fingerprint was compared with the partner; do not ask.")] = False,
) -> None:
    """Put a certificate that was handed in into the workspace and name it in a channel's file, beside the one in use.

    Compare its fingerprint with the partner by telephone first: whoever holds one of their links can hand one in.
    """
    from edi.cli import assembly, cert_files, output
    from edi.errors import ConfigError
    from edi.formats.cms import Certificate

    loaded = assembly.workspace(context)
    found = _waiting(loaded.folder, name)
    file = loaded.channels.get(channel)
    if file is None or file.partner != found.partner or file.kind != "as2":
        hint = "edi channel list shows which there are; for other kinds, write the certificate's file into the channel's by hand"
        raise ConfigError(f"{channel!r} is no AS2 channel with {found.partner!r}", hint=hint)
    begins = {"from": day(start)} if start else {}
    output.say(f"{name}: {found.subject}, handed in by {found.person}\nSHA-256 {found.fingerprint}")
    if not output.agreed("Did the partner read you the same fingerprint?", yes=yes):
        return
    path, _ = cert_files.write(loaded.folder, f"{found.partner}-{found.fingerprint[:12]}", Certificate.load(found.pem.encode()), None)
    cert_files.add(loaded.folder / "channels" / f"{channel}.yaml", "theirs", {"certificate": path, **begins})
    _settle(loaded.folder, name, "activated", f"channel {channel}")
    output.say(f"{path} stands in channels/{channel}.yaml now; edi run reads it at its next start")


def refuse(
    context: typer.Context,
    name: Name,
    why: Annotated[str, typer.Option("--why", help="The reason, for the audit trail.")],
) -> None:
    """Refuse a certificate that was handed in; the partner sees that on the page."""
    from edi.cli import assembly, output

    folder = assembly.folder(context)
    _waiting(folder, name)
    _settle(folder, name, "refused", why)
    output.say(f"{name} is refused")


def _waiting(folder: Path, name: str) -> Staged:
    from edi.cli import assembly
    from edi.errors import EdiError
    from edi.store import people
    from edi.store.naming import number_in

    if number_in(name, "C") is None:
        raise EdiError(f"{name!r} is not a name like C3", hint="edi cert staged shows the names")
    opened = assembly.store(folder)
    try:
        with opened.reading() as view:
            found = next((one for one in people.staged(view, state="staged", count_max=10_000) if f"C{one.id}" == name), None)
    finally:
        opened.close()
    if found is None:
        raise EdiError(f"no certificate {name} waits", hint="edi cert staged shows them")
    return found


def _settle(folder: Path, name: str, state: str, why: str) -> None:
    from edi.cli import assembly
    from edi.store import people

    with assembly.writing(folder) as transaction:
        people.settle(transaction, int(name[1:]), state, who=assembly.operator_name(), why=why)
