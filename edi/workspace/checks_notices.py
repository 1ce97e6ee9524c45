"""notices.yaml: the channel that mails leave through is there, and can send mails."""

from __future__ import annotations

from edi.formats.yaml.problem import suggest
from edi.workspace.files import NOTICES, Files
from edi.workspace.shapes import Shapes


def check_notices(files: Files, shapes: Shapes) -> None:
    """The mail channel, if one is named."""
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
