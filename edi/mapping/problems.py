"""What is wrong in mapping files: collected while loading, raised together, each with its line and a caret."""

from __future__ import annotations

from dataclasses import dataclass, field

from edi.errors import ConfigError
from edi.formats.yaml.problem import Problem, excerpt


class MappingProblems(ConfigError):  # noqa: N818 -- named by what it carries
    """The integrator edits the mapping file; `problems` holds everything there is to correct, in the order of the file."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        count = f"{len(problems)} problems" if len(problems) != 1 else "one problem"
        super().__init__(f"mapping {name!r} has {count}\n" + "\n".join(str(problem) for problem in problems))
        self.problems = problems


class Refused(Exception):  # noqa: N818 -- control flow of the loader, not an error for others
    """A part of a file that cannot be understood; caught by the loader, which notes it as a problem and goes on with the next entry."""

    def __init__(self, text: str, offset: int = 0, *, hint: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.offset = offset
        """Characters from 0 into the text that was being read."""
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text stands in a mapping file."""

    file: str
    line: int
    """From 1."""
    column: int
    """From 1, of the text's first character."""
    origins: tuple[tuple[int, int, int], ...] = ()
    """Replaced `$parameters`: (offset after, characters after, characters before), so that a caret points at what was typed."""

    def column_at(self, offset: int) -> int:
        """The column of a character of the text, `$parameters` counted as typed."""
        typed = offset
        for start, after, before in self.origins:
            if offset >= start + after:
                typed += before - after
            elif offset > start:
                return self.column + typed - (offset - start)
        return self.column + typed

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Problems:
    """Collects; `texts` are the files' contents by name, for the excerpts."""

    texts: dict[str, str] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def error(self, place: Place, text: str, offset: int = 0, *, hint: str | None = None, code: str = "mapping.language") -> None:
        """Something that must be corrected before the mapping can be used."""
        self._note(self.errors, place, text, offset, hint, code)

    def warning(self, place: Place, text: str, offset: int = 0, *, hint: str | None = None, code: str = "mapping.doubtful") -> None:
        """Something that should be looked at; the mapping can be used."""
        self._note(self.warnings, place, text, offset, hint, code)

    def refused(self, place: Place, refused: Refused) -> None:
        """A `Refused` part at the place its text stands."""
        self.error(place, refused.text, refused.offset, hint=refused.hint)

    def _note(self, into: list[Problem], place: Place, text: str, offset: int, hint: str | None, code: str) -> None:
        column = place.column_at(offset)
        shown = excerpt(self.texts.get(place.file, ""), place.line, column)
        problem = Problem(file=place.file, line=place.line, column=column, text=text, hint=hint, excerpt=shown, code=code)
        if problem not in into:
            into.append(problem)
