"""For very large input: segments by the hundred thousand, and validation of files of any size in bounded memory.

Nothing here decides anything anew. What is plainly right goes through quickly; the rest goes the way of `reader` and `validation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from operator import itemgetter

from edi.findings import Finding
from edi.formats.edifact.assembly import Assembly
from edi.formats.edifact.charset import Policy
from edi.formats.edifact.codes import tolerated
from edi.formats.edifact.directory import Directory
from edi.formats.edifact.envelope import Message, MessageIdentifier
from edi.formats.edifact.judge import Judge
from edi.formats.edifact.opening import Opening, open_interchange
from edi.formats.edifact.reader import NOTHING, Closed, Opened, close_with_rest
from edi.formats.edifact.scanner import BATCH_BYTES, ByteStream, Scanner
from edi.formats.edifact.syntax import BETWEEN_SEGMENTS, Syntax, split
from edi.formats.edifact.validation import LongCheck, judge_of, validate
from edi.limits import MIB

NEVER = "\x00"
"""Stands for a release character that is not in use; data that hold it only take the slower way."""

HEAD = itemgetter(slice(4))
"""The tag of a raw segment and what follows it; for whole batches faster than a loop."""

DirectoryOf = Callable[[MessageIdentifier], Directory | None]

MESSAGE_BATCH_BYTES_MAX = 1 * MIB
"""A message longer than this is read segment by segment, whether it is right or not."""

HELD_SEGMENTS_MAX = 5_000
"""Of a message read segment by segment: more than these are checked and let go."""


def batches(stream: ByteStream | bytes) -> Iterator[tuple[list[bytes], Syntax]]:
    """Raw segments of all interchanges, a batch at a time, with the syntax to cut them further.

    Nothing is checked or decoded. All interchanges must have the first one's delimiters; service segments are
    among the segments, UNA is not. Raises FormatError if the bytes are not EDIFACT.
    """
    scanner = Scanner(stream)
    opening = open_interchange(scanner, source=None, first=True)
    assert opening is not None
    while batch := scanner.batch(opening.syntax):
        yield batch, opening.syntax


def segments(stream: ByteStream | bytes) -> Iterator[bytes]:
    """Every segment as it stands, release characters and line ends included."""
    return chain.from_iterable(batch for batch, _ in batches(stream))


def texts(stream: ByteStream | bytes) -> Iterator[tuple[list[str], Syntax]]:
    """The same as text: decoded a batch at a time, which costs less than segment by segment."""
    scanner = Scanner(stream)
    opening = open_interchange(scanner, source=None, first=True)
    assert opening is not None
    marks = opening.syntax.delimiters
    while chunk := scanner.whole_segments(opening.syntax):
        yield split(opening.syntax.decode(chunk), marks.terminator, marks.release)[:-1], opening.syntax


def elements(stream: ByteStream | bytes) -> Iterator[list[str]]:
    """Every segment as tag and elements, components and release characters still in them."""
    for batch, syntax in texts(stream):
        separator, release = syntax.delimiters.element, syntax.delimiters.release or NEVER
        for text in batch:
            yield text.split(separator) if release not in text else split(text, separator, release)


def components(stream: ByteStream | bytes) -> Iterator[list[list[str]]]:
    """Every segment as lists of component values without release characters; the tag is the first.

    Of an element that repeats (version 4) the first repetition.
    """
    for batch, syntax in texts(stream):
        # One list at a time: a whole batch of nested lists would only give the garbage collector work.
        marks = syntax.delimiters
        element, component, release = marks.element, marks.component, marks.release or NEVER
        plain = not marks.repetition
        for text in batch:
            if plain and release not in text and "\n" not in text and "\r" not in text:
                yield [each.split(component) for each in text.split(element)]
            else:
                yield _exactly(text, syntax)


def _exactly(text: str, syntax: Syntax) -> list[list[str]]:
    values, _ = syntax.read_text(text)
    return [[text.lstrip().partition(syntax.delimiters.element)[0]], *values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be said of one message, the message itself already forgotten."""

    reference: str
    identifier: MessageIdentifier
    segment_count: int
    findings: tuple[Finding, ...]
    """Of its envelope, characters, structure, elements and codes; empty if it is clean."""


def validate_stream(
    stream: ByteStream | bytes,
    directory_of: DirectoryOf,
    *,
    source: str | None = None,
    policy: Policy = Policy.STRICT,
    tolerate: frozenset[str] = NOTHING,
) -> Iterator[Opened | Verdict | Closed]:
    """A file of any size checked message by message, the same findings as `reader.read` and `validation.validate` give."""
    scanner = Scanner(stream)
    pending: Closed | None = None
    while opening := open_interchange(scanner, source=source, first=pending is None):
        if pending:
            yield pending
        assembly = _QuickAssembly(opening, scanner, source=source, policy=policy, tolerate=tolerate, keep=False, directory_of=directory_of)
        yield Opened(assembly.opened())
        for passed in assembly.passed():
            yield passed if isinstance(passed, Verdict) else assembly.verdict(passed)
        pending = Closed(assembly.closed(), assembly.message_count)
    assert pending is not None
    yield close_with_rest(pending, scanner, scanner.rest())


class _QuickAssembly(Assembly):
    """An assembly that lets messages pass without making segments of them, if a judge finds them clean."""

    def __init__(
        self,
        opening: Opening,
        scanner: Scanner,
        *,
        source: str | None,
        policy: Policy,
        tolerate: frozenset[str],
        keep: bool,
        directory_of: DirectoryOf,
    ) -> None:
        super().__init__(opening, scanner, source=source, policy=policy, tolerate=tolerate, keep=keep)
        self._directory_of = directory_of
        self._long: LongCheck | None = None
        self._wanted_bytes = BATCH_BYTES
        self._judges: dict[bytes, tuple[Judge, MessageIdentifier] | None] = {}
        self._begin = b"UNH" + opening.syntax.element_separator
        self._end_head = b"UNT" + opening.syntax.element_separator

    def passed(self) -> Iterator[Message | Verdict]:
        """Each message as it ends: a verdict if it was clean, else the message itself, to be looked at exactly."""
        for batch, offset in self._batches():
            if self._characters.careful:
                yield from self._take_batch(batch, offset)
            else:
                yield from self._judge_batch(batch, offset)
            if self._message and len(self._message.segments) > HELD_SEGMENTS_MAX:
                self._let_go(self._message)
        yield from self._last_message()

    def verdict(self, message: Message) -> Verdict:
        """The verdict on a message that must be looked at exactly."""
        return Verdict(
            reference=message.reference,
            identifier=message.identifier,
            segment_count=message.segment_count,
            findings=(*message.findings, *self._found(message)),
        )

    def _found(self, message: Message) -> tuple[Finding, ...]:
        directory = self._directory_of(message.identifier)
        if directory is None:
            return ()
        check, self._long = self._long, None
        if check is None:
            return validate(message, directory, source=self._source, tolerate=self._tolerate)
        check.feed(message.segments[1:], None)
        return tuple(tolerated(each, self._tolerate) for each in check.finish(has_trailer=message.trailer is not None))

    def _let_go(self, message: Message) -> None:
        """Check the segments of a long message that are in hand, and keep but UNH and the last one."""
        directory = self._directory_of(message.identifier)
        spec = directory.message(message.identifier.type) if directory else None
        header, *checked, last = message.segments
        if directory and spec:
            if self._long is None:
                self._long = LongCheck(message, directory, spec, self._source)
                checked.insert(0, header)
            self._long.feed(checked, last.tag)
        message.let_go += len(message.segments) - 2
        message.segments[:] = [header, last]

    def _judge_batch(self, batch: list[bytes], offset: int) -> Iterator[Message | Verdict]:
        bare = list(map(bytes.lstrip, batch, repeat(BETWEEN_SEGMENTS))) if self._characters.spaced else batch
        heads = list(map(HEAD, bare))
        gap = len(self._syntax.terminator)
        position = counted = 0
        while position < len(batch) and not self._jumped:
            if self._message is None and heads[position] == self._begin:
                end = _index(heads, self._end_head, position)
                if end is None:
                    if self._cut_again(offset + _length(batch[counted:position], gap), whole_batch=position == 0):
                        return
                elif verdict := self._judge(bare[position : end + 1], heads[position : end + 1]):
                    yield verdict
                    position = end + 1
                    continue
            # Only what is taken exactly needs its offset.
            offset += _length(batch[counted:position], gap)
            counted = position
            ended = self._take(batch[position], offset)
            if ended:
                yield ended
            position += 1

    def _cut_again(self, offset: int, *, whole_batch: bool) -> bool:
        """Have a message that the batch cut in two at the beginning of the next batch; False if it is too long for that."""
        self._wanted_bytes = 2 * self._wanted_bytes if whole_batch else BATCH_BYTES
        if self._wanted_bytes > MESSAGE_BATCH_BYTES_MAX:
            self._wanted_bytes = BATCH_BYTES
            return False
        self._jump(offset)
        self._scanner.want(self._wanted_bytes)
        return True

    def _judge(self, raws: list[bytes], heads: list[bytes]) -> Verdict | None:
        """The verdict on a message that is clean in every respect; None if it must be looked at exactly."""
        separator = self._syntax.element_separator
        parts = raws[0].split(separator)
        if len(parts) < 3 or self._syntax.release in raws[0] or not parts[1]:
            return None
        if raws[-1] != separator.join((b"UNT", str(len(raws)).encode(), parts[1])):
            return None
        found = self._judge_of(parts[2])
        reference = parts[1].decode(self._syntax.encoding, "surrogateescape")
        if found is None or self._references.holds(reference, self._in_group) or not found[0].is_clean(raws, heads):
            return None
        if self._group and self._group.message_type != found[1].type:
            return None
        self._strayed = False
        self._references.add(reference, self._in_group)
        self._count_message()
        self._number += len(raws)
        return Verdict(reference=reference, identifier=found[1], segment_count=len(raws), findings=())

    def _judge_of(self, identifier: bytes) -> tuple[Judge, MessageIdentifier] | None:
        if identifier not in self._judges:
            text = identifier.decode(self._syntax.encoding, "surrogateescape")
            named = MessageIdentifier.from_components(text.split(self._syntax.delimiters.component))
            directory = self._directory_of(named)
            spec = directory.message(named.type) if directory else None
            self._judges[identifier] = (
                (judge_of(directory, spec, self._syntax, self._opening.version), named) if directory and spec else None
            )
        return self._judges[identifier]


def _length(raws: list[bytes], gap: int) -> int:
    """Bytes of some raw segments with their terminators."""
    return sum(map(len, raws)) + gap * len(raws)


def _index(heads: list[bytes], head: bytes, start: int) -> int | None:
    try:
        return heads.index(head, start)
    except ValueError:
        return None
