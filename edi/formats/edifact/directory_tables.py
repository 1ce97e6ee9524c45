"""Our own notation for directory tables: one text file per kind, what is equal in several releases written once.

Rule 1: facts only (identifiers, positions, formats, cardinalities, code values, short names), never descriptions.
Rule 2: a release is chosen while reading; nothing of another release is built.
Rule 3: reading is lazy: a file is read when something in it is asked for, a block parsed when its entry is.

A *table set* is a folder:

    releases.txt       one release per line, oldest first; ranges below count in this order
    elements.txt       4465            composites.txt   C543            segments.txt   ADR
                        D.93A- an..3 Adjustment reason   D.94B- 7431M 7433C : Agreement ...   D.96A- C817C C090C*5 3164C : ADDRESS
    codes/<element>.txt   380 D.93A- Commercial invoice      messages.txt   ORDERS D.93A- Purchase order message
    messages/<type>.txt   the structures, see `directory_messages`

An entry's identifier starts a line; its variants follow, one line each, indented, first the releases:
`D.93A-D.95B,D.97A` names a span and a single one, `D.96A-` runs to the newest. M or C is the status, `*5` the repeats,
`=an..3` a format printed there that differs from the element's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from edi.formats.edifact.directory_types import Kind

FORMAT: Final = re.compile(r"(an|a|n)(\.\.)?(\d+)")
KINDS: Final[Mapping[str, Kind]] = {"a": "a", "n": "n", "an": "an"}
USE: Final = re.compile(r"([A-Z]?\d{3,4}|[A-Z]{3})([MC])(?:\*(\d+))?(?:=(\S+))?")


def parse_format(text: str) -> tuple[Kind, int, int]:
    """Kind, least and most characters of e.g. `an..35` or `n3`; raises ValueError for anything else."""
    match = FORMAT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a data element format")
    kind, variable, length = match.groups()
    return KINDS[kind], 0 if variable else int(length), int(length)


def parse_use(text: str) -> tuple[str, bool, int, str | None]:
    """Identifier, mandatory, repeats and differing format of e.g. `C819C*5` or `1131C=an..3`."""
    match = USE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not the use of an element")
    identifier, status, repeats, own_format = match.groups()
    return identifier, status == "M", int(repeats or 1), own_format


def write_use(identifier: str, mandatory: bool, repeats: int = 1, own_format: str | None = None) -> str:
    """The inverse of `parse_use`."""
    return f"{identifier}{'M' if mandatory else 'C'}" + (f"*{repeats}" if repeats > 1 else "") + (f"={own_format}" if own_format else "")


class Spans:
    """Sets of releases written as spans, in the order of one table set.

    A span of releases that the set does not know says nothing: so an operator's set of one release can stand before ours.
    """

    def __init__(self, releases: Sequence[str]) -> None:
        self.releases = tuple(releases)
        self._index = {release: index for index, release in enumerate(self.releases)}
        self._answers: dict[tuple[str, str], bool] = {}

    def contains(self, spans: str, release: str) -> bool:
        """True if the release is one of those that `spans` names."""
        # A few hundred different spans stand in a hundred thousand lines.
        answer = self._answers.get((spans, release))
        if answer is None:
            index = self._index[release]
            answer = any(first <= index <= last for first, last in self._bounds(spans))
            self._answers[spans, release] = answer
        return answer

    def members(self, spans: str) -> Iterator[str]:
        """The releases that `spans` names, oldest first."""
        for first, last in self._bounds(spans):
            yield from self.releases[first : last + 1]

    def write(self, members: Iterable[str]) -> str:
        """The shortest spans for these releases; a span up to the newest stays open, so that the next one changes no line."""
        indexes = sorted(self._index[member] for member in members)
        spans: list[list[int]] = []
        for index in indexes:
            if spans and spans[-1][1] == index - 1:
                spans[-1][1] = index
            else:
                spans.append([index, index])
        return ",".join(self._span(first, last) for first, last in spans)

    def _span(self, first: int, last: int) -> str:
        if last == len(self.releases) - 1:
            return f"{self.releases[first]}-"
        return self.releases[first] if first == last else f"{self.releases[first]}-{self.releases[last]}"

    def _bounds(self, spans: str) -> Iterator[tuple[int, int]]:
        newest = len(self.releases) - 1
        for span in spans.split(","):
            first, dash, last = span.partition("-")
            start = self._index.get(first)
            end = self._index.get(last) if last else (newest if dash else start)
            if start is not None and end is not None:
                yield start, end


def release_order(release: str) -> tuple[int, str, str]:
    """A key that sorts releases by time: `D.93A` < `D.99B` < `D.00A`. The first two digits are a year from 1988."""
    prefix, _, code = release.rpartition(".")
    digits = code[:2]
    year = int(digits) if digits.isascii() and digits.isdigit() else 0
    return year + (1900 if year >= 88 else 2000), code[2:], prefix


def parse_releases(text: str) -> tuple[str, ...]:
    """The releases of a set, oldest first, from its `releases.txt`."""
    return tuple(line for line in text.split("\n") if line and not line.startswith("#"))


def parse_blocks(text: str) -> dict[str, list[str]]:
    """Every entry of a table file with its variant lines, not yet parsed, without the indent."""
    blocks = {}
    for block in re.split(r"\n(?! )", text):
        identifier, *variants = block.split("\n ")
        if identifier and not identifier.startswith("#"):
            blocks[identifier] = variants
    return blocks


def choose(variants: Iterable[str], spans: Spans, release: str) -> str | None:
    """What stands after the releases in the variant of this release; None if it has none."""
    for variant in variants:
        names, _, rest = variant.partition(" ")
        if spans.contains(names, release):
            return rest
    return None


def parse_codes(text: str, spans: Spans, release: str) -> dict[str, str]:
    """Code values with short names, of one release, in the order of the directory.

    One line per value and name: `380 D.93A- Commercial invoice`; a value with a blank in it is not known.
    """
    codes = {}
    for line in text.split("\n"):
        value, _, rest = line.partition(" ")
        if value and value != "#":
            names, _, name = rest.partition(" ")
            if spans.contains(names, release):
                codes[value] = name
    return codes


def parse_own_codes(text: str, element_id: str) -> dict[str, str]:
    """The values an operator adds to one element: lines of element, value and name, `6411 PCE Piece`."""
    lines = (line.split(None, 2) for line in text.splitlines() if not line.startswith("#"))
    return {words[1]: words[2] if len(words) > 2 else words[1] for words in lines if len(words) > 1 and words[0] == element_id}


def write_blocks(entries: Mapping[str, Sequence[str]]) -> str:
    """The inverse of `parse_blocks`, entries in the order of their identifiers."""
    return "".join(f"{identifier}\n" + "".join(f" {variant}\n" for variant in entries[identifier]) for identifier in sorted(entries))
