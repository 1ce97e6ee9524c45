"""notices.yaml and archive.yaml: the channels they name are there, and can send."""

from __future__ import annotations

from edi.formats.yaml.problem import suggest
from edi.workspace.files import ARCHIVE, NOTICES, Files
from edi.workspace.shapes import Shapes


def check_notices(files: Files, shapes: Shapes) -> None:
    """The mail channel, and the one for heads of the audit trail, if they are named."""
    _check_heads(files, shapes)
    mail = shapes.notices.mail
    if mail is None:
        return
    where = ("mail", "channel")
    channel = shapes.channels.get(mail.channel)
    if channel is None:
        if f"channels/{mail.channel}.yaml" not in files.hashes:
            hint = suggest(mail.channel, shapes.channels)
            files.complain(NOTICES, where, f"there is no channel {mail.channel!r}", hint=hint, code="config.reference")
    elif channel.kind != "email" or channel.direction == "in":
        hint = "name a channel of kind email with direction: out"
        files.complain(NOTICES, where, f"channel {mail.channel!r} does not send mails", hint=hint, code="config.reference")


def _check_heads(files: Files, shapes: Shapes) -> None:
    heads = shapes.archive.heads
    if heads is None:
        return
    channel = shapes.channels.get(heads.channel)
    if channel is None and f"channels/{heads.channel}.yaml" not in files.hashes:
        hint = suggest(heads.channel, shapes.channels)
        files.complain(ARCHIVE, ("heads", "channel"), f"there is no channel {heads.channel!r}", hint=hint, code="config.reference")
    elif channel is not None and channel.direction == "in":
        files.complain(ARCHIVE, ("heads", "channel"), f"channel {heads.channel!r} does not send", code="config.reference")
