"""The operator's folder as the engine sees it: one value, read whole, never changed afterwards.

A changed file makes a new `Workspace` (P39): either all of it is good, or the last good one stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edi.errors import ConfigError
from edi.formats.edifact.guide import Guide
from edi.ports import NoProgramCache, ProgramCache, TableSource
from edi.workspace.archive import Archive
from edi.workspace.model import ChannelFile, Partner, Route
from edi.workspace.notices import Notices
from edi.workspace.secrets import SecretReference, read_secret
from edi.workspace.xref import CrossReferences

if TYPE_CHECKING:
    from edi.mapping.spoke import Spoke

MAPPINGS: Final = "mappings"
MAPPING_SUFFIX: Final = ".map.yaml"


@dataclass(frozen=True, slots=True)
class MappingTexts:
    """The files under `mappings/`: what the mapping compiler is handed."""

    texts: Mapping[str, str]
    """By path: `mappings/orders-eancom.map.yaml`."""

    def __call__(self, name: str) -> tuple[str, str] | None:
        """Path and text of `orders-eancom`, `orders-eancom.test.yaml` or `codes/units.csv`; None if there is none."""
        path = f"{MAPPINGS}/{name}" if name.endswith((".yaml", ".csv")) else f"{MAPPINGS}/{name}{MAPPING_SUFFIX}"
        text = self.texts.get(path)
        return None if text is None else (path, text)

    def names(self) -> tuple[str, ...]:
        """The mappings, sorted: `invoic-eancom`, `invoic-eancom@acme`."""
        found = (path.removeprefix(f"{MAPPINGS}/") for path in self.texts if path.endswith(MAPPING_SUFFIX))
        return tuple(sorted(name.removesuffix(MAPPING_SUFFIX) for name in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Everything the operator wrote, checked."""

    folder: Path
    us: Partner
    partners: Mapping[str, Partner]
    """By name, without us."""
    names_by_id: Mapping[tuple[str, str], tuple[str, ...]]
    """Made by the function of that name."""
    channels: Mapping[str, ChannelFile]
    routes: tuple[Route, ...]
    route_places: Mapping[str, str]
    """Route name to where it stands, `routes.yaml:12`, for explanations."""
    mapping_text: MappingTexts
    """`mapping_text(name)` is path and text of a mapping file; what the mapping compiler is handed."""
    notices: Notices
    archive: Archive
    guides: Mapping[str, Guide]
    """By name, `acme/ORDERS`: those that agreements name."""
    xref: CrossReferences
    """`xref.on(day, partner)` is what a mapping is handed."""
    environment: Mapping[str, str]
    """Environment variables that secrets are in, with the place that asks for each."""
    table_source: TableSource
    digest: str
    """SHA-256 over names and contents of all files read: audit events say which configuration acted (P30)."""
    programs: ProgramCache = field(default_factory=NoProgramCache)
    """Where compiled mappings are kept for the next process."""
    loaded: Mapping[str, tuple[Spoke, str]] = field(default_factory=dict)
    """Mappings that were compiled when the workspace was checked, with the files each was loaded from as one text."""

    @property
    def mappings(self) -> tuple[str, ...]:
        """The names of the mappings there are, e.g. `invoic-eancom@acme`."""
        return self.mapping_text.names()

    def secret(self, reference: str) -> str:
        """The value behind `${env:NAME}` or `${file:PATH}`. Raises ConfigError if it cannot be had."""
        return read_secret(SecretReference.read(reference), self.folder).reveal()

    def require_environment(self) -> None:
        """For the start of the daemon. Raises ConfigError naming every variable that is not set, and who asks for it."""
        missing = [f"{name} ({place})" for name, place in sorted(self.environment.items()) if name not in os.environ]
        if missing:
            hint = "set them where edi is started, e.g. in the unit's EnvironmentFile"
            raise ConfigError("environment variables that hold secrets are not set: " + ", ".join(missing), hint=hint)

    def partner_called(self, kind: str, value: str, qualifier: str = "") -> Partner | None:
        """The partner with that id (`unb`, `gln`, `as2`, `vat`, `peppol`, `email`); None if nobody has it."""
        names = self.names_by_id.get((kind, value.casefold()), ())
        return next((partner for name in names if (partner := self.partners[name]).is_called(kind, value, qualifier)), None)


def names_by_id(partners: Mapping[str, Partner]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Who may be called so, by kind and value in small letters: every message asks, and there may be thousands of partners."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for name, partner in partners.items():
        for identity in partner.ids:
            key = (identity.kind, identity.value.casefold())
            found[key] = (*found.get(key, ()), name)
    return found
