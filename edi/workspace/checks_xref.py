"""The cross-reference tables that mappings ask are there, and the databases behind them answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from edi.formats.yaml.problem import Problem, excerpt, suggest
from edi.mapping.source import MappingFiles
from edi.mapping.spoke import Spoke
from edi.workspace.files import Files
from edi.workspace.xref import CrossReferences


def check_tables(files: Files, xref: CrossReferences, spokes: Iterable[Spoke], find: MappingFiles, *, all_of_them: bool) -> frozenset[str]:
    """Asks databases for the tables these mappings need; the names of those that are not to be had.

    With `all_of_them` every table is asked for, but none whose secret is set only where the daemon starts.
    """
    wanted = {table for spoke in spokes for table in spoke.cross_references()}
    if all_of_them:
        wanted = set(xref.names()) - {one.name for one in xref.declared.values() if not one.can_be_asked}
    for spoke in spokes:
        files.problems += missing_tables(spoke, xref.names(), find)
    files.problems += xref.ask(wanted)
    return frozenset(name for _, name in xref.declared)


def missing_tables(spoke: Spoke, names: Collection[str], find: MappingFiles) -> list[Problem]:
    """Cross-reference tables that a mapping asks and nobody wrote."""
    path, text = find(spoke.name) or (spoke.name, "")
    return [_missing(table, names, path, text) for table in spoke.cross_references() if table not in names]


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
