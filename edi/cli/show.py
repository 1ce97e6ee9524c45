"""`edi show ID`: one thing, whole."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.store.store import Reading


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="T12 what came, M5 a message, D4 a document, O7 what was or will be sent.")],
    raw: Annotated[bool, typer.Option("--bytes", help="Only its exact bytes, as they were received, made or sent.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show one transmission, message, document or output: its state, findings, what was not carried over, and its bytes."""
    from edi.cli import assembly, output
    from edi.errors import EdiError

    with assembly.reading(context) as view:
        found = _find(view, name)
        if found is None:
            raise EdiError(f"nothing here is called {name!r}", hint="edi messages lists what there is")
        details, payload_sha256 = found
        payload = view.payload(payload_sha256) if payload_sha256 else None
    if raw:
        sys.stdout.buffer.write(payload or b"")
    elif as_json:
        output.as_json({**details, "payload": payload})
    else:
        _print(details, payload)


def _find(view: Reading, name: str) -> tuple[dict[str, object], str | None] | None:
    """What there is to say, and which bytes belong to it."""
    from edi.engine import status
    from edi.store import queries

    letter, digits = name[:1].upper(), name[1:]
    if not digits.isdecimal() or not digits.isascii():
        return None
    row = int(digits)
    match letter:
        case "T":
            line = queries.transmission_of(view, row)
            return None if line is None else ({"transmission": line}, line.payload_sha256)
        case "M":
            detail = queries.message_detail(view, row)
            if detail is None:
                return None
            whole = queries.transmission_of(view, int(detail.line.transmission[1:]))
            return {"status": status.of_message(detail.line), "message": detail}, whole.payload_sha256 if whole else None
        case "O":
            out = queries.outbound_of(view, row)
            if out is None:
                return None
            return {"status": status.of_outbound(out), "output": out, "attempts": queries.attempts(view, row)}, out.payload_sha256
        case "D":
            document = queries.document_of(view, row)
            return None if document is None else ({"document": document}, document.payload_sha256)
        case _:
            return None


def _print(details: dict[str, object], payload: bytes | None) -> None:
    from edi.cli import output
    from edi.findings import Finding

    for title, value in details.items():
        output.say(title)
        for key, item in _flat(output.plain(value)):
            output.say(f"  {key:<24} {item}")
    for value in details.values():
        found = getattr(value, "findings", ())
        if found:
            output.say("findings")
            output.findings([one for one in found if isinstance(one, Finding)], indent="  ")
    if payload:
        output.say(f"bytes ({len(payload)})")
        text = (
            payload[:PREVIEW_BYTES].decode("utf-8", "replace")
            if not payload.startswith(b"UN")
            else payload[:PREVIEW_BYTES].decode("latin-1")
        )
        for line in text.replace("\r\n", "\n").splitlines():
            output.say(f"  {line}")
        if len(payload) > PREVIEW_BYTES:
            output.say("  … (--bytes shows all)")


PREVIEW_BYTES = 4000


def _flat(value: object, prefix: str = "") -> list[tuple[str, object]]:
    """The leaves of a value with their paths; findings are shown by themselves."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() if key != "findings" for leaf in _flat(item, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in _flat(item, f"{prefix}[{index}]")]
    return [] if value in (None, "", False) else [(prefix, value)]
