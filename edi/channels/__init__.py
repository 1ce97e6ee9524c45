"""Floor 6: how bytes travel; one module per kind, found by name and imported when it is used.

A kind elsewhere joins by an entry point of the group `edi.channels` that names its module.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from edi.channels.kind import ChannelKind, SecretReader
from edi.errors import ConfigError

__all__ = ["ChannelKind", "SecretReader", "kinds"]

SHIPPED = ("api", "as2", "directory", "email", "http", "sftp")


def kinds() -> Mapping[str, ChannelKind]:
    """Every channel kind by its name; a kind's module is imported when it is asked for."""
    places = {name: f"edi.channels.{name}" for name in SHIPPED if importlib.util.find_spec(f"edi.channels.{name}")}
    for entry in entry_points(group="edi.channels"):
        places.setdefault(entry.name, entry.value)
    return _Kinds(places)


class _Kinds(Mapping[str, ChannelKind]):
    """Kind name to module, imported late: paramiko alone takes a third of a second."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = dict(sorted(places.items()))

    def __getitem__(self, name: str) -> ChannelKind:
        place = self._places[name]
        try:
            module = importlib.import_module(place)
        except ImportError as error:
            raise ConfigError(f"channel kind {name!r} could not be loaded: {error}", hint="reinstall the package it comes from") from error
        if not isinstance(module, ChannelKind):
            raise ConfigError(f"channel kind {name!r}: {place} lacks KIND, Settings, inbound or outbound")
        return module

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
