"""Finds and reads the operator's folder: either all of it is good, or every problem of every file is told at once.

Rule 1: nothing is used from a folder with a problem (P39); the caller keeps the last good workspace.
Rule 2: files are read once; what was checked is what is used, whatever an editor does meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from edi.errors import ConfigError
from edi.formats.yaml.problem import Problem
from edi.workspace import checks
from edi.workspace.checks_secrets import environment_of
from edi.workspace.files import Files, read_files, read_yaml
from edi.workspace.place import ROUTES
from edi.workspace.program_cache import programs_of
from edi.workspace.shapes import Shape, Shapes, shape, shape_files
from edi.workspace.tables import WorkspaceTables
from edi.workspace.workspace import MappingTexts, Workspace, names_by_id

if TYPE_CHECKING:
    from edi.mapping.spoke import Spoke


class WorkspaceError(ConfigError):
    """The operator corrects the files named; nothing of the folder was used."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        files = len({problem.file for problem in problems})
        counted = f"{len(problems)} problem{'s' * (len(problems) != 1)} in {files} file{'s' * (files != 1)}"
        super().__init__("\n".join([f"the workspace has {counted}", *map(str, problems)]))
        self.problems = problems


def load(folder: Path, *, kinds: Mapping[str, type[BaseModel]], compile_mappings: bool | Literal["routed"] = False) -> Workspace:
    """The workspace. Raises WorkspaceError with every problem found; `kinds` are the settings models of the channel kinds."""
    workspace, problems = examine(folder, kinds=kinds, compile_mappings=compile_mappings)
    if workspace is None or problems:
        raise WorkspaceError(problems)
    return workspace


def examine(
    folder: Path, *, kinds: Mapping[str, type[BaseModel]], compile_mappings: bool | Literal["routed"] = False
) -> tuple[Workspace | None, tuple[Problem, ...]]:
    """The workspace and every problem, in the order of files and lines; None where there is one.

    `compile_mappings` also loads every mapping and follows every route through them, for `edi check`; `"routed"`: only those that routes
    use, which is all that the daemon needs.
    """
    files = read_files(folder.resolve())
    shapes = shape_files(files, kinds)
    checks.check(files, shapes)
    loaded: Mapping[str, tuple[Spoke, str]] = {}
    if compile_mappings:
        from edi.workspace.checks_mappings import check_mappings  # noqa: PLC0415 -- the compiler is half a second that others need not wait

        loaded = check_mappings(files, shapes, all_of_them=compile_mappings is True)
    workspace = _workspace(files, shapes, loaded) if not files.problems else None
    return workspace, files.sorted_problems()


def examine_one(folder: Path, path: str, model: type[Shape]) -> tuple[Shape | None, tuple[Problem, ...]]:
    """One more file of the folder, by a model that the workspace does not know; None with problems, or where there is no such file."""
    files = Files(folder)
    if not (folder / path).is_file():
        return None, ()
    read_yaml(files, path)
    file = files.read.get(path)
    return shape(files, file, model, file.node) if file else None, files.sorted_problems()


def _workspace(files: Files, shapes: Shapes, loaded: Mapping[str, tuple[Spoke, str]]) -> Workspace:
    us = shapes.routes.us
    partners = {name: partner for name, partner in shapes.partners.items() if name != us}
    return Workspace(
        folder=files.folder,
        us=shapes.partners[us],
        partners=partners,
        names_by_id=names_by_id(partners),
        channels=shapes.channels,
        routes=shapes.routes.routes,
        route_places={route.name: files.place(ROUTES, ("routes", index)) for index, route in enumerate(shapes.routes.routes)},
        mapping_text=MappingTexts(files.mappings),
        notices=shapes.notices,
        archive=shapes.archive,
        guides=shapes.guides,
        environment=environment_of(files),
        xref=shapes.xref,
        table_source=WorkspaceTables(files.folder, files.digest()),
        programs=programs_of(files.folder),
        digest=files.digest(),
        loaded=loaded,
    )
