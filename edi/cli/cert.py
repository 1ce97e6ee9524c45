"""`edi cert`: the certificates of AS2 channels, ours and the partners': seen, made, exchanged, rolled over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edi.cli import cert_staged
from edi.cli.options import AsJson, day, family

app = family("Certificates of AS2 channels: list, check, create, import, export, roll over.")

app.command("staged")(cert_staged.staged)
app.command("activate")(cert_staged.activate)
app.command("refuse")(cert_staged.refuse)

Passphrase = Annotated[str | None, typer.Option("--passphrase", help="Reference to the passphrase: ${env:NAME} or ${file:PATH}.")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List every certificate of every AS2 and S/MIME channel: whose it is, its stage, and until when."""
    from edi.channels import certificates
    from edi.channels.as2.preflight import expiry
    from edi.cli import assembly, output

    now = datetime.now(UTC)
    rows = [
        {
            "channel": one.channel,
            "side": one.side,
            "file": one.held.file,
            "stage": str(one.stage),
            "expiry": expiry(one.held.certificate, now),
            "subject": one.held.certificate.subject,
            "sha256": one.held.certificate.fingerprint,
        }
        for one in certificates.listed(assembly.workspace(context), now)
    ]
    if as_json:
        output.as_json(rows)
    elif rows:
        names = ("channel", "side", "file", "stage", "expiry", "subject")
        output.table(names, [tuple(row[name] for name in names) for row in rows])
    else:
        output.say("no channel names a certificate")


@app.command()
def check(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", help="Speak of certificates that end within so many days.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Say which certificates need somebody: expired, ending soon, or no successor in sight.

    Exit code 0: none does; 2: those that were shown.
    """
    from edi.channels import certificates
    from edi.cli import assembly, output

    now = datetime.now(UTC)
    found = list(certificates.listed(assembly.workspace(context), now))
    ending = certificates.expiring(found, now, steps=(days,))
    fine = f"{len(found)} certificate{'s' * (len(found) != 1)}, none ends within {days} days"
    output.problems([one.text for one in ending], fine, as_json=as_json)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What its files are called: certificates/NAME.pem and secrets/NAME.key.")],
    common_name: Annotated[str, typer.Option("--subject", help="Common name in it; left out, the name of our own partner file.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=36_500, help="How long it is valid.")] = 1095,
    bits: Annotated[int, typer.Option("--bits", min=2048, max=8192, help="Length of the RSA key.")] = 3072,
) -> None:
    """Make a key and a certificate signed by itself, for `ours` of an AS2 channel. Nothing uses it before a channel names it."""
    from edi.cli import assembly, cert_files, output

    loaded = assembly.workspace(context)
    identity = cert_files.make(common_name or loaded.us.title, datetime.now(UTC), days=days, bits=bits)
    file, key = cert_files.write(loaded.folder, name, identity.certificate, identity)
    output.say(f"made {file} and {key}, valid until {identity.certificate.valid_until:%Y-%m-%d}; in the channel's file:")
    output.say(f"ours: [{{certificate: {file}, key: '${{file:{key}}}'}}]")
    output.say(f"send {file} to the partner, never {key}; its SHA-256 is {identity.certificate.fingerprint}")


@app.command("import")
def import_(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="What the partner sent, or another program exported: PEM, DER or PKCS#12.")],
    name: Annotated[str, typer.Option("--name", help="What it is called here; left out, the file's own name.")] = "",
    channel: Annotated[str, typer.Option("--channel", help="Add it to this AS2 channel's file at once.")] = "",
    start: Annotated[str, typer.Option("--from", help="With --channel: use it from this day on, e.g. 2027-01-01.")] = "",
    passphrase: Passphrase = None,
) -> None:
    """Take a certificate into the workspace; one that comes with its key becomes ours, one without is the partner's."""
    from edi.cli import assembly, cert_files, output

    loaded = assembly.workspace(context)
    certificate, identity = cert_files.read_any(source, loaded.secret(passphrase).encode() if passphrase else None)
    path = _channel_file(loaded.folder, channel) if channel else None
    file, key = cert_files.write(loaded.folder, name or source.stem, certificate, identity)
    side = "ours" if identity else "theirs"
    entry = {"certificate": file, **({"key": f"${{file:{key}}}"} if key else {}), **({"from": day(start)} if start else {})}
    output.say(f"{file}: {certificate.subject}, valid {certificate.valid_from:%Y-%m-%d} to {certificate.valid_until:%Y-%m-%d}")
    output.say(f"SHA-256 {certificate.fingerprint}: compare it with the partner by telephone")
    if path is not None:
        cert_files.add(path, side, entry)
        output.say(f"added to `{side}` in channels/{path.name}; edi run takes it with SIGHUP or at its next start")
    else:
        output.say(f"in the channel's file, under `{side}`: {{{', '.join(f'{key}: {value!r}' for key, value in entry.items())}}}")


@app.command()
def export(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="The AS2 channel whose certificate of ours is wanted.")],
    target: Annotated[Path, typer.Argument(help="The file to write: .pem, .cer or .der; with the key .p12 or .pfx.")],
    passphrase: Passphrase = None,
) -> None:
    """Write our certificate in use, for the partner; as .p12 with its key, for a move to another program."""
    from edi.channels import certificates
    from edi.cli import assembly, cert_files, output
    from edi.errors import ConfigError

    loaded = assembly.workspace(context)
    ours = [one for one in certificates.listed(loaded, datetime.now(UTC)) if (one.channel, one.side) == (channel, "ours")]
    found = next((one for one in ours if one.stage == "active"), ours[0] if ours else None)
    if found is None or found.held.identity is None:
        raise ConfigError(f"channel {channel!r} names no certificate of ours", hint="edi cert list shows which there are")
    if target.exists():
        raise ConfigError(f"{target} is there already", hint="give another name")
    suffix = target.suffix.lower()
    if suffix in {".p12", ".pfx"}:
        if not passphrase:
            raise ConfigError("a file with a key needs a passphrase", hint="--passphrase '${env:NAME}'")
        cert_files.create_file(target, cert_files.as_pkcs12(found.held.identity, loaded.secret(passphrase).encode()), 0o600)
    else:
        certificate = found.held.certificate
        cert_files.create_file(target, certificate.der if suffix in {".der", ".cer"} else certificate.pem(), 0o644)
    output.say(f"wrote {target}: {found.held.certificate.subject}, SHA-256 {found.held.certificate.fingerprint}")


@app.command()
def rollover(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="The AS2 channel.")],
    start: Annotated[str, typer.Option("--from", help="We sign with the new one from this day on, e.g. 2027-01-01.")],
    name: Annotated[str, typer.Option("--name", help="What its files are called; left out, the channel and the day.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=36_500, help="How long it is valid.")] = 1095,
    bits: Annotated[int, typer.Option("--bits", min=2048, max=8192, help="Length of the RSA key.")] = 3072,
) -> None:
    """Make the successor of our certificate and stage it in the channel's file: it opens messages at once, and signs from the day on.

    Send the partner the new certificate well before that day. The old one goes on opening messages until you take it out.
    """
    from edi.cli import assembly, cert_files, output

    loaded = assembly.workspace(context)
    path = _channel_file(loaded.folder, channel)
    begins = day(start)
    identity = cert_files.make(loaded.us.title, datetime.now(UTC), days=days, bits=bits)
    file, key = cert_files.write(loaded.folder, name or f"{channel}-{begins}", identity.certificate, identity)
    cert_files.add(path, "ours", {"certificate": file, "key": f"${{file:{key}}}", "from": begins})
    output.say(f"{file} stands in channels/{path.name} now: it opens messages after SIGHUP or the next start, and signs from {begins} on")
    output.say(f"send {file} to the partner before {begins}; its SHA-256 is {identity.certificate.fingerprint}")


def _channel_file(folder: Path, channel: str) -> Path:
    from edi.errors import ConfigError

    path = folder / "channels" / f"{channel}.yaml"
    if not path.is_file():
        raise ConfigError(f"there is no channel {channel!r}", hint="edi channel list shows which there are")
    return path
