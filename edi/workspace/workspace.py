"""The operator's folder as the engine sees it: one value, read whole, never changed afterwards.

A changed file makes a new `Workspace` (P39): either all of it is good, or the last good one stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edi.ports import TableSource
from edi.workspace.model import ChannelFile, Partner, Route
from edi.workspace.secrets import SecretReference, read_secret
from edi.workspace.xref import CrossReferences


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingText:
    """One mapping file: where it lies, for messages, and what stands in it."""

    path: str
    """Relative to the workspace, e.g. `mappings/orders-eancom.map.yaml`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Everything the operator wrote, checked."""

    folder: Path
    us: Partner
    partners: Mapping[str, Partner]
    """By name, without us."""
    channels: Mapping[str, ChannelFile]
    routes: tuple[Route, ...]
    route_places: Mapping[str, str]
    """Route name to where it stands, `routes.yaml:12`, for explanations."""
    mappings: Mapping[str, MappingText]
    """By name, e.g. `invoic-eancom@acme`."""
    xref: CrossReferences
    """`xref.on(day, partner)` is what a mapping is handed."""
    table_source: TableSource
    digest: str
    """SHA-256 over names and contents of all files read: audit events say which configuration acted (P30)."""

    def mapping_text(self, name: str) -> tuple[str, str] | None:
        """Path and text of a mapping file of the workspace; None if it has none of that name."""
        found = self.mappings.get(name)
        return (found.path, found.text) if found else None

    def secret(self, reference: str) -> str:
        """The value behind `${env:NAME}` or `${file:PATH}`. Raises ConfigError if it cannot be had."""
        return read_secret(SecretReference.read(reference), self.folder).reveal()

    def partner_called(self, kind: str, value: str, qualifier: str = "") -> Partner | None:
        """The partner with that id (`unb`, `gln`, `as2`, `vat`, `peppol`, `email`); None if nobody has it."""
        return next((partner for partner in self.partners.values() if partner.is_called(kind, value, qualifier)), None)
