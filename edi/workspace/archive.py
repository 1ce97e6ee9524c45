"""archive.yaml: how long what is kept, and where the heads of the audit trail go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from pydantic import Field

from edi.documents.kinds import KINDS
from edi.workspace.values import Duration, Frozen, KindName, Name, Whole

Country: TypeAlias = Literal["at", "be", "ch", "cz", "de", "dk", "es", "fr", "it", "lu", "nl", "pl", "se"]
VOUCHERS: Final = ("invoice", "credit_note", "remittance_advice")
"""What is booked; the rest is commercial correspondence."""
COUNTRIES: Final[Mapping[Country, tuple[int, int]]] = {
    "at": (7, 7),
    "be": (10, 10),
    "ch": (10, 10),
    "cz": (10, 10),
    "de": (8, 6),
    "dk": (5, 5),
    "es": (6, 6),
    "fr": (10, 10),
    "it": (10, 10),
    "lu": (10, 10),
    "nl": (7, 7),
    "pl": (5, 5),
    "se": (7, 7),
}
"""Years for vouchers and for correspondence, after the end of the calendar year: a beginning, to be confirmed by whoever advises the house."""
DEFAULT: Final = 10
"""Where no country is named: the longest of them."""


class Retention(Frozen):
    """How many years after the end of its calendar year something is kept."""

    country: Country | None = None
    """Whose periods are meant; left out: ten years for everything."""
    years: dict[KindName, Whole] = Field(default_factory=dict)
    """By document kind, in place of the country's."""
    other: Whole | None = Field(default=None, ge=1, le=100)
    """What has no document kind: acknowledgements, files nobody looked into; left out: as long as vouchers."""

    def by_kind(self) -> dict[str, int]:
        """The periods of all kinds that have one of their own."""
        vouchers, letters = COUNTRIES[self.country] if self.country else (DEFAULT, DEFAULT)
        table = {kind: letters for kind in KINDS if kind not in VOUCHERS} | dict.fromkeys(VOUCHERS, vouchers)
        return {**table, **self.years}

    def default(self) -> int:
        """The period of everything else."""
        return self.other or (COUNTRIES[self.country][0] if self.country else DEFAULT)


class Heads(Frozen):
    """Where heads of the audit trail are sent, so that they lie elsewhere."""

    channel: Name
    """A sending channel: a folder on another machine, a mailbox, an SFTP server."""
    every: Duration = timedelta(days=1)


class Archive(Frozen):
    """archive.yaml; without the file everything is kept for ten years, and nobody is sent heads."""

    retention: Retention = Retention()
    heads: Heads | None = None
