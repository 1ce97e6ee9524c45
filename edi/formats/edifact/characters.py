"""Validation level 1: which characters really stood there, against what UNB 0001 declared.

The common case, a batch that holds nothing odd, is decided by one pass over its bytes; only then are
segments looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from edi.findings import Finding, Location
from edi.formats.edifact.charset import Charset, Policy, foreign_characters, found_encoding, plain_bytes
from edi.formats.edifact.codes import finding
from edi.formats.edifact.opening import Opening
from edi.formats.edifact.syntax import BETWEEN_SEGMENTS, Segment, Syntax

NO_SINGLE_BYTES = frozenset({"utf-8", "euc_kr", "iso2022_jp_2"})
"""For these a byte says little: text beyond ASCII is judged as text."""


class CharacterCheck:
    """Checks the segments of one interchange, batch by batch."""

    def __init__(self, opening: Opening, *, source: str | None, policy: Policy) -> None:
        self.careful = False
        """True while the batch at hand holds something that only a look at each segment can judge."""
        self._source = source
        self._policy = policy
        self._charset = opening.charset
        self._syntax = opening.syntax
        self._service = opening.syntax.delimiters.separators
        self._plain = plain_bytes(opening.charset, self._service)
        self._decided = False
        self._line_ends_said = False
        self.spaced = False
        """True while the batch at hand has line ends; unless `careful` too, they stand between segments only."""

    def look_at(self, batch: bytes, report: Callable[[Finding], None]) -> Syntax:
        """The syntax to read this batch with; the first bytes beyond ASCII decide whether it is the declared one."""
        plain = batch.isascii()
        if not plain and not self._decided and b"UNO" + self._syntax.element_separator not in batch:
            self._decided = True
            self._decide(batch, report)
        beyond = not plain and bool({self._charset.encoding, self._syntax.encoding} & NO_SINGLE_BYTES) and not self._is_plain_text(batch)
        self.spaced = b"\n" in batch or b"\r" in batch
        self.careful = beyond or self._is_odd(batch) or (self.spaced and not (self._line_ends_said and self._ends_lines(batch)))
        return self._syntax

    def _is_plain_text(self, batch: bytes) -> bool:
        """True if all of the batch is text of the declared set that people can see."""
        if self._syntax.encoding != self._charset.encoding:
            return False
        try:
            return batch.translate(None, b"\r\n").decode(self._charset.encoding).isprintable()
        except UnicodeDecodeError:
            return False

    def _ends_lines(self, batch: bytes) -> bool:
        """True if a terminator, surely none that is released, ends every line: then no line end stands inside a segment."""
        terminator, released = self._syntax.terminator, self._syntax.release + self._syntax.terminator
        return all(
            not line or (line.endswith(terminator) and not (self._syntax.release and line.endswith(released)))
            for line in map(bytes.rstrip, batch.splitlines())
        )

    def check(self, segment: Segment, stood_at: int, message: str | None) -> Iterator[Finding]:
        """What is odd about the characters of one segment; `stood_at` is the offset of the first byte after the last terminator."""
        bare = (segment.raw or b"").lstrip(BETWEEN_SEGMENTS)
        spaced = segment.offset != stood_at and not self._line_ends_said
        wrapped = b"\n" in bare or b"\r" in bare
        odd = self._is_odd(bare) or (self._charset.encoding in NO_SINGLE_BYTES and not bare.isascii())
        if not (spaced or wrapped or odd):
            return
        where = Location(source=self._source, offset=segment.offset, segment=segment.number, tag=segment.tag, message=message)
        if spaced:
            self._line_ends_said = True
            yield finding("edifact.line_ends", "line ends or blanks stood between segments", replace(where, message=None))
        if wrapped:
            yield finding("edifact.line_end_inside", f"a line end stood inside {segment.tag}", where, value=bare.decode("latin-1"))
        if odd:
            yield from self._foreign(segment, where)

    def _is_odd(self, found: bytes) -> bool:
        """True if bytes are left once those the set holds are taken away, which is faster than any search."""
        return bool(found.translate(None, self._plain))

    def _foreign(self, segment: Segment, where: Location) -> Iterator[Finding]:
        for index in range(len(segment.elements)):
            for repetition, components in enumerate(segment.occurrences(index + 1), 1):
                for position, value in enumerate(components, 1):
                    foreign = foreign_characters(value, self._charset, self._service)
                    if foreign:
                        place = replace(
                            where,
                            element=index + 1,
                            component=position if len(components) > 1 else None,
                            repetition=repetition if repetition > 1 else None,
                        )
                        yield _foreign_finding(foreign, value, self._charset, place)
        foreign = foreign_characters(segment.tag, self._charset, self._service)
        if foreign:
            yield replace(_foreign_finding(foreign, segment.tag, self._charset, where), level="UCS")

    def _decide(self, batch: bytes, report: Callable[[Finding], None]) -> None:
        found = found_encoding(batch, self._charset)
        if found is None:
            return
        first = next(index for index, byte in enumerate(batch) if byte > 127)
        declared = self._charset.identifier or "nothing"
        shown = batch[max(0, first - 10) : first + 20].decode(found, "replace")
        report(
            finding(
                "edifact.charset_differs",
                f"UNB 0001 declares {declared}, the bytes are {found.upper()}, first at {shown!r}",
                Location(source=self._source, tag="UNB", element=1, component=1),
                value=declared,
                expected=found,
            )
        )
        if self._policy is not Policy.STRICT:
            self._follow(found)

    def _follow(self, encoding: str) -> None:
        self._syntax = replace(self._syntax, encoding=encoding)
        self._charset = replace(self._charset, encoding=encoding, characters=None) if self._charset.characters is None else self._charset
        self._plain = plain_bytes(self._charset, self._service)


def _foreign_finding(foreign: str, value: str, charset: Charset, where: Location) -> Finding:
    shown = ", ".join(repr(each) for each in foreign[:5])
    return finding(
        "edifact.character",
        f"{value!r} holds {shown}, not in {charset.identifier or 'the default set'} ({charset.name})",
        where,
        value=value,
        expected=charset.name,
    )
