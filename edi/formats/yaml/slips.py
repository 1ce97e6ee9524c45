"""libyaml's words for common slips, as an operator would say them, each with what to do."""

from __future__ import annotations

from typing import Final

_LEVEL = "bring entries of one level to one column; quote values that hold `: ` or ` #`"
_QUOTE = "put the value in quotes"

SLIPS: Final[dict[str, tuple[str, str]]] = {
    "mapping values are not allowed in this context": (
        "a second `: ` stands in one value",
        "put the value in quotes, or bring the key to the column of its neighbours; a blank belongs behind every key's colon",
    ),
    "found character that cannot start any token": (
        "a value begins with a character YAML reserves",
        "indent with blanks, and quote a value that begins with @, ` or %",
    ),
    "found a tab character that violates indentation": ("a tab indents this line", "indent with blanks"),
    "did not find expected alphabetic or numeric character": ("a value begins with * or &, which YAML reserves", _QUOTE),
    "could not find expected ':'": ("a key is not followed by `:`", "a blank belongs behind the colon: `key: value`"),
    "did not find expected key": ("the indentation does not fit the lines above", _LEVEL),
    "did not find expected '-' indicator": ("the indentation does not fit the list above", "bring the items of one list to one column"),
    "did not find expected ',' or ']'": ("a list in brackets has no end", "close it with `]`, and put commas between its items"),
    "did not find expected ',' or '}'": ("a group in braces has no end", "close it with `}`, and put commas between its entries"),
    "found unexpected end of stream": ("the file ends inside a quoted text or a bracket", "close the quote or bracket"),
    "found unknown escape character": (
        "a backslash stands in a text in double quotes",
        "use single quotes: there a backslash is just a backslash",
    ),
    "block sequence entries are not allowed in this context": ("a list begins in the line of its key", "begin it in the next line"),
    "did not find expected node content": ("a value is missing here", "write it, or quote it if it begins with a bracket or comma"),
    "control characters are not allowed": ("a control character stands here", "remove it; an editor may not show it"),
}
"""libyaml's problem -> what it means, what to do."""

AFTER_QUOTE: Final = (
    "text stands behind a closing quote",
    "quote the whole value; a quote within single quotes is written twice: 'it''s'",
)


def explain(problem: str, line: str, column: int) -> tuple[str, str | None]:
    """Sentence and hint for a problem at a column (from 1) of a line."""
    before = line[: column - 1].rstrip()
    if problem == "did not find expected key" and before[-1:] in {"'", '"'}:
        return AFTER_QUOTE
    return SLIPS.get(problem, (f"this is not YAML: {problem}", None))
