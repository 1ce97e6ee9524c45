"""People of partners: told apart by their mail address, and handing in files only where a file can be nobody else's."""

from __future__ import annotations

from edi.documents import KINDS
from edi.formats.yaml.problem import suggest
from edi.workspace.files import Files
from edi.workspace.model import Partner, User
from edi.workspace.shapes import Shapes


def check_users(files: Files, shapes: Shapes, path: str, partner: Partner) -> None:
    """All people of one partner."""
    seen: set[str] = set()
    for index, user in enumerate(partner.users):
        where = ("users", index)
        if user.email.casefold() in seen:
            text = f"{user.email!r} stands twice"
            files.complain(path, (*where, "email"), text, hint="one person, one entry", code="config.identity")
        seen.add(user.email.casefold())
        for position, kind in enumerate(user.kinds):
            if kind not in KINDS:
                hint = suggest(kind, KINDS)
                files.complain(path, (*where, "kinds", position), f"unknown document kind {kind!r}", hint=hint, code="config.reference")
        _check_upload(files, shapes, path, where, partner, user)


def _check_upload(files: Files, shapes: Shapes, path: str, where: tuple[str | int, ...], partner: Partner, user: User) -> None:
    if user.upload is None or (f"channels/{user.upload}.yaml" in files.hashes and user.upload not in shapes.channels):
        return  # a channel whose file could not be read has its own complaint
    channel = shapes.channels.get(user.upload)
    if channel is None:
        text, hint = f"there is no channel {user.upload!r}", suggest(user.upload, shapes.channels)
    elif channel.direction == "out":
        text, hint = f"the channel {user.upload!r} does not receive", "name one through which the partner's documents come in"
    elif channel.partners != {partner.name}:
        text, hint = f"the channel {user.upload!r} is not {partner.name!r}'s alone", "name one that carries nobody else's documents"
    else:
        return
    files.complain(path, (*where, "upload"), text, hint=hint, code="config.reference")
