"""The cross-reference tables that mappings ask are there, and the databases behind them answer."""

from __future__ import annotations

from collections.abc import Collection

from edi.formats.yaml.problem import Problem, excerpt, suggest
from edi.mapping.source import MappingFiles
from edi.mapping.spoke import Spoke
from edi.workspace.xref import CrossReferences


def table_problems(xref: CrossReferences, spokes: Collection[Spoke], find: MappingFiles, *, starting: bool) -> list[Problem]:
    """Tables that these mappings ask and nobody wrote, and what is wrong with the answers of databases.

    Unless the daemon is `starting`, databases whose secret is set only there are left out.
    """
    problems = []
    for spoke in spokes:
        path, text = find(spoke.name) or (spoke.name, "")
        problems += [_missing(table, xref.names(), path, text) for table in spoke.cross_references() if table not in xref.names()]
    elsewhere = set() if starting else {one.name for one in xref.declared.values() if not one.can_be_asked}
    return problems + xref.ask({table for spoke in spokes for table in spoke.cross_references()} - elsewhere)


def _missing(table: str, names: Collection[str], path: str, text: str) -> Problem:
    """At the first line that asks for it; a mapping that extends another may have none."""
    asked = f"xref({table}"
    found = next((number for number, line in enumerate(text.splitlines(), 1) if asked in line.partition(" #")[0]), None)
    column = text.splitlines()[found - 1].index(asked) + 1 if found is not None else None
    return Problem(
        file=path,
        line=found,
        column=column,
        text=f"there is no cross-reference table {table!r}",
        hint=suggest(table, names) or f"write xref/{table}.csv",
        excerpt=excerpt(text, found, column),
        code="config.xref",
    )
