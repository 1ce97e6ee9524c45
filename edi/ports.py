"""What the pure floors ask for from above: small Protocols, implemented on floor 4 and handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class TableSource(Protocol):
    """Where the operator's own tables lie; looked up before the shipped ones."""

    def read(self, *path: str) -> bytes | None:
        """The bytes of e.g. `("schemas", "edifact", "D.96A.json")`; None if there is none."""


class CrossReference(Protocol):
    """A partner's cross-reference table, both directions."""

    def to_canonical(self, table: str, value: str) -> str | None: ...

    def to_wire(self, table: str, value: str) -> str | None: ...


class NoCrossReference:
    """For reading and writing without a workspace: knows no table."""

    def to_canonical(self, table: str, value: str) -> str | None:
        return None

    def to_wire(self, table: str, value: str) -> str | None:
        return None


class EveryValueItself:
    """For laws and drawn documents: every table knows every value, and translates it to itself."""

    def to_canonical(self, table: str, value: str) -> str | None:
        return value

    def to_wire(self, table: str, value: str) -> str | None:
        return value


class ProgramCache(Protocol):
    """Where compiled mappings wait for the next process; what is lost there is made again."""

    def get(self, name: str) -> bytes | None:
        """What was put last under the name, by this very program with these tables: nobody else's, nothing damaged. None if there is none."""

    def put(self, name: str, content: bytes) -> None:
        """Keep it, if that is possible; several processes may at once."""


class NoProgramCache:
    """Keeps nothing."""

    def get(self, name: str) -> bytes | None:
        return None

    def put(self, name: str, content: bytes) -> None:
        return None


class RuleRunner(Protocol):
    """Runs a registered rule set (Schematron) over XML bytes that were already read safely."""

    def run(self, rule_set: str, document: bytes) -> tuple[Mapping[str, str], ...]:
        """One mapping per failed assertion: `id`, `flag`, `text`, `location`."""
