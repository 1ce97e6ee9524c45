"""A mapping as it is studied: its files read, bound to the structure of its syntax, and checked. What only runs needs none of it."""

from __future__ import annotations

from functools import cached_property

from edi.mapping.bindings import Binding, bind
from edi.mapping.checks import check_spoke
from edi.mapping.compiled import Compiled, compiled
from edi.mapping.emission import Emission
from edi.mapping.loader import define
from edi.mapping.nodes import Definition
from edi.mapping.problems import MappingProblems, Problems
from edi.mapping.source import MappingFiles, UsedFiles
from edi.ports import TableSource


class Study:
    """Read when something is asked, once. Raises MappingProblems with everything that is wrong, ConfigError where there is no such file."""

    def __init__(self, name: str, files: MappingFiles, tables: TableSource | None) -> None:
        self._name = name
        self._tables = tables
        self._problems = Problems()
        self.files = UsedFiles(files)

    @cached_property
    def _loaded(self) -> tuple[Definition, Binding]:
        problems = self._problems
        definition = define(self._name, self.files, problems)
        if definition is None:
            raise MappingProblems(self._name, tuple(problems.errors))
        binding = bind(definition, problems, self._tables)
        if not problems.errors:
            check_spoke(definition, binding, problems)
        if problems.errors:
            own = definition.place.file
            in_order = sorted(problems.errors, key=lambda problem: (problem.file != own, problem.line or 0, problem.column or 0))
            raise MappingProblems(self._name, tuple(in_order))
        return definition, binding

    @property
    def definition(self) -> Definition:
        """The mapping file as values."""
        return self._loaded[0]

    @property
    def binding(self) -> Binding:
        """The definition in the structure of its syntax."""
        return self._loaded[1]

    def compiled(self) -> Compiled:
        """What the mapping comes to."""
        return compiled(self.definition, self.binding, self._problems.warnings)

    def generate(self, direction: str, release: str, traced: bool) -> Emission:
        """The text of a program."""
        return self.binding.generate(direction, release, traced)
