"""What is wrong in an operator's file, shown as an editor would: file, line, column, the line itself and a caret.

Used by everything that reads YAML (mappings, the workspace); a `ConfigError` carries all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from edi.findings import Finding

LINE_SHOWN_MAX = 160
"""Characters of a line that are shown; a longer one is cut around the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to correct in one file."""

    file: str
    text: str
    line: int | None = None
    """From 1; None if the file as a whole is meant."""
    column: int | None = None
    """In characters, from 1."""
    hint: str | None = None
    excerpt: str | None = None
    """The line as it stands, a newline, and the caret under the column."""
    code: str = "config.value"
    """Stable and published, as a finding's."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        lines = [f"{place}: {self.text}"]
        if self.excerpt:
            lines += ["    " + line for line in self.excerpt.splitlines()]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


def problem_of(finding: Finding, *, file: str, text: str | None = None) -> Problem:
    """A finding in an operator's file as a problem; `text` is the file's content for the excerpt."""
    line, column = finding.where.line, finding.where.column
    return Problem(
        file=file,
        text=finding.text,
        line=line,
        column=column,
        hint=finding.hint,
        excerpt=excerpt(text, line, column) if text is not None else None,
        code=finding.code,
    )


def excerpt(text: str, line: int | None, column: int | None) -> str | None:
    """The line and a caret under the column; None if the text has no such line."""
    lines = text.splitlines()
    if line is None or not 1 <= line <= len(lines):
        return None
    shown, at = lines[line - 1].replace("\t", " "), (column or 1) - 1
    if len(shown) > LINE_SHOWN_MAX:
        start = max(0, min(at - LINE_SHOWN_MAX // 2, len(shown) - LINE_SHOWN_MAX))
        shown, at = shown[start : start + LINE_SHOWN_MAX], at - start
    return f"{shown}\n{' ' * at}^"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; None if none is near."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def suggest(name: str, known: Iterable[str]) -> str | None:
    """A hint for an unknown name: the near one, else all of them if they are few; None if nothing is known."""
    names = sorted(known)
    if near := nearest(name, names):
        return f"did you mean {near!r}?"
    if not names:
        return None
    return "one of: " + ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
