"""Channels: their partners exist, no two share a place (Y13), and what switches protection off was accepted by name (Y18)."""

from __future__ import annotations

import os.path
from pathlib import Path

from pydantic import BaseModel

from edi.formats.yaml.problem import suggest
from edi.formats.yaml.reader import Path as Position
from edi.workspace.files import Files
from edi.workspace.model import ChannelFile, Placed, Risky
from edi.workspace.shapes import Shapes

_PLACE_KEYS = ("host", "port", "user", "mailbox", "folder", "path", "url", "as2_from", "as2_to")
"""Fields that together name one place, for kinds that do not say it themselves."""


def check_channels(files: Files, shapes: Shapes) -> None:
    """All channels."""
    places: dict[str, str] = {}
    for name, channel in shapes.channels.items():
        path = shapes.paths["channel", name]
        _check_partners(files, shapes, path, channel)
        _check_risks(files, path, channel)
        _check_local_folder(files, path, channel)
        place = place_of(channel, files.folder)
        owner = places.setdefault(place, name) if place else name
        if owner != name:
            text = f"the channel uses the same place as channel {owner!r}"
            files.complain(
                path, _place_key(channel), text, hint="one folder, mailbox or AS2 pair belongs to one channel", code="config.place"
            )


def _check_partners(files: Files, shapes: Shapes, path: str, channel: ChannelFile) -> None:
    named: list[tuple[Position, str]] = [(("partner",), channel.partner)] if channel.partner else []
    named += [(("speaks_for", index), name) for index, name in enumerate(channel.speaks_for)]
    for where, name in named:
        if name not in shapes.partners and f"partners/{name}.yaml" not in files.hashes:
            files.complain(path, where, f"there is no partner {name!r}", hint=suggest(str(name), shapes.partners), code="config.reference")


def _check_risks(files: Files, path: str, channel: ChannelFile) -> None:
    risks = channel.settings.risks() if isinstance(channel.settings, Risky) else ()
    for risk in risks:
        if risk.name not in channel.i_accept_risk:
            hint = f"if it must be: i_accept_risk: {{{risk.name}: the reason}}"
            files.complain(path, (risk.field,), risk.text, hint=hint, code="config.risk")
    for name in channel.i_accept_risk:
        if name not in {risk.name for risk in risks}:
            text = f"the accepted risk {name!r} is none of this channel's"
            hint = suggest(name, [risk.name for risk in risks]) or "remove it"
            files.complain(path, ("i_accept_risk", name), text, hint=hint, code="config.risk")


def place_of(channel: ChannelFile, folder: Path) -> str | None:
    """One text per place, equal for two channels on it; None where the settings name none."""
    settings = channel.settings
    if isinstance(settings, Placed):
        return f"{channel.kind} {settings.place()}"
    if channel.kind == "directory":
        local = _field(settings, "folder")
        return f"directory {os.path.realpath(folder / local)}" if local else None
    if channel.direction == "out" and not _field(settings, "folder"):
        # Several partners are served over one mail server or one interface; only a folder is somebody's own.
        return None
    parts = [f"{name}={value}" for name in _PLACE_KEYS if (value := _field(settings, name))]
    direction = "" if any(_field(settings, name) for name in ("folder", "mailbox")) else f" {channel.direction}"
    return f"{channel.kind}{direction} " + " ".join(parts) if parts else None


def _field(settings: BaseModel, name: str) -> str:
    value = getattr(settings, name, None)
    return str(value).rstrip("/") if value is not None else ""


def _place_key(channel: ChannelFile) -> tuple[str, ...]:
    return next(((name,) for name in ("folder", "mailbox", "path", "url", "as2_to", "host") if _field(channel.settings, name)), ())


def _check_local_folder(files: Files, path: str, channel: ChannelFile) -> None:
    """A relative folder must lie in the workspace, also behind links (Y17); one from / is the operator's word."""
    local = _field(channel.settings, "folder") if channel.kind == "directory" else ""
    if not local or Path(local).is_absolute():
        return
    real = Path(os.path.realpath(files.folder / local))
    if not real.is_relative_to(files.folder):
        text = f"the folder {local!r} is a link that leads out of the workspace, to {str(real)!r}"
        files.complain(path, ("folder",), text, hint="write that folder whole, from /", code="config.path")
