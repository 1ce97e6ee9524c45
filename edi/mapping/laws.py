"""The laws of a spoke, checked: with r = read and w = write,

L1 r(w(r(m))) = r(m) on samples · L2 r(w(d)) = d on drawn documents · L3 w(r(m)) against m · L4 nothing of m is left over
L5 nothing written is left over when read · L6 what two spokes both carry whole crosses from one to the other unchanged.

Drawn documents hold values that no cross-reference table knows, so for them every table translates every value to itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from edi.findings import Finding
from edi.formats.edifact.structure import Group
from edi.mapping.canonical import leaves, unindexed
from edi.mapping.codecs.base import Value
from edi.mapping.draw import draw, without_empty
from edi.mapping.result import Document, Output
from edi.mapping.spoke import Spoke
from edi.mapping.spoke_edifact import SERVICE_TAGS, EdifactSide, segment_text, texts_of
from edi.ports import EveryValueItself

DRAWN = 300
"""Documents that `mapping test` draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where a law did not hold."""

    law: str
    case: str
    """`seed 7`, or the name of a sample."""
    path: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.law} {self.case}: {self.path}: expected {self.expected}, got {self.actual}"


@dataclass(slots=True, kw_only=True)
class Report:
    """How often a law was tried, and where it failed."""

    law: str
    tried: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.failures


def stability(spoke: Spoke, samples: Iterable[tuple[str, object]]) -> Report:
    """L1: reading what was written from what was read gives the same document."""
    report = Report(law="L1")
    for name, message in samples:
        report.tried += 1
        first = _read(spoke, message)
        second = _back(spoke, first, _release(message))
        report.failures += _differences("L1", name, first, second)
    return report


def put_get(spoke: Spoke, count: int = DRAWN, *, release: str | None = None) -> Report:
    """L2: reading what was written from a drawn document gives that document."""
    report, spoke = Report(law="L2"), spoke.asking(EveryValueItself())
    for seed in range(count):
        report.tried += 1
        document = draw(spoke, seed, release)
        written = spoke.write(document, release=release)
        case = f"seed {seed}"
        report.failures += [
            Failure(law="L2", case=case, path="write", expected="no error", actual=one.text) for one in _errors(written.findings)
        ]
        report.failures += _differences("L2", case, _filled(spoke, document), _back(spoke, document, release))
    return report


def get_put(spoke: Spoke, message: Group, name: str = "sample") -> list[str]:
    """L3: how the message written again differs from the message, segment by segment; for people to look at."""
    document = _read(spoke, message)
    outcome = spoke.write(document, release=_release(message))
    assert outcome.value is not None
    assert isinstance(outcome.value.output, list)
    before = [segment_text(one) for one in message.segments() if one.tag not in SERVICE_TAGS]
    after = [text for text in texts_of(outcome.value.output) if text[:3] not in SERVICE_TAGS]  # type: ignore[arg-type]  # an EDIFACT spoke's output
    lines = difflib.unified_diff(before, after, fromfile=name, tofile="written again", lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def coverage(spoke: Spoke, samples: Iterable[tuple[str, object]]) -> Report:
    """L4: nothing of a sample is left over that no `ignore` names."""
    report = Report(law="L4")
    for name, message in samples:
        report.tried += 1
        outcome = spoke.read(message, trace=True)
        assert outcome.value is not None
        for one in outcome.value.unmapped:
            report.failures.append(
                Failure(
                    law="L4", case=name, path=one.segment, expected="carried or ignored", actual=f"{one.value!r} left over at {one.where}"
                )
            )
    return report


def nothing_dangles(spoke: Spoke, count: int = 50, *, release: str | None = None) -> Report:
    """L5: everything that is written is recognised: no qualifier stands without its value."""
    report, spoke = Report(law="L5"), spoke.asking(EveryValueItself())
    for seed in range(count):
        report.tried += 1
        outcome = spoke.write(draw(spoke, seed, release), release=release)
        assert outcome.value is not None
        read = spoke.read(_message(spoke, outcome.value.output, outcome.value.release), trace=True, release=release)
        assert read.value is not None
        for one in read.value.unmapped:
            report.failures.append(Failure(law="L5", case=f"seed {seed}", path=one.segment, expected="recognised", actual=repr(one.value)))
    return report


def composition(first: Spoke, second: Spoke, count: int = 50) -> Report:
    """L6: a drawn document goes through both spokes; what both carry whole comes out as it went in."""
    report, first, second = Report(law="L6"), first.asking(EveryValueItself()), second.asking(EveryValueItself())
    whole = (first.bound() & second.bound()) - first.partly().keys() - second.partly().keys()
    for seed in range(count):
        report.tried += 1
        here = _back(first, draw(first, seed), None)
        there = _back(second, here, None)
        expected = {path: value for path, value in leaves(here) if unindexed(path) in whole}
        actual = dict(leaves(there))
        for path, value in expected.items():
            if _plain_moment(actual.get(path)) != _plain_moment(value):
                report.failures.append(
                    Failure(law="L6", case=f"seed {seed}", path=path, expected=repr(value), actual=repr(actual.get(path)))
                )
    return report


_PARTS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.0+(?=$|Z|[+-])")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):00(?=$|Z|[+-])")


def _plain_moment(value: Value | None) -> Value | None:
    """A moment without seconds, or parts of them, that are zero: some syntaxes cannot leave them out."""
    return _MOMENT.sub(r"\1", _PARTS.sub(r"\1", value)) if isinstance(value, str) else value


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in findings if one.is_error and one.code != "mapping.required"]


def _read(spoke: Spoke, message: object) -> Document:
    outcome = spoke.read(message)
    assert outcome.value is not None
    return outcome.value.document


def _back(spoke: Spoke, document: Document, release: str | None) -> Document:
    outcome = spoke.write(document, release=release)
    assert outcome.value is not None
    read = spoke.read(_message(spoke, outcome.value.output, outcome.value.release), release=release)
    assert read.value is not None
    return read.value.document


def _message(spoke: Spoke, output: Output, release: str) -> object:
    """What was written, as reading takes it."""
    if isinstance(spoke.side, EdifactSide):
        assert isinstance(output, list)
        return spoke.side.tree(output, release)  # type: ignore[arg-type]  # segments
    return spoke.side.parse(output)


def _release(message: object) -> str | None:
    return getattr(message.spec, "release", None) if isinstance(message, Group) else None


def _filled(spoke: Spoke, document: Document) -> Document:
    """The document as reading leaves it: with what `fill` computes."""
    copy = _copied(document)
    assert isinstance(copy, dict)
    spoke.fill(copy)
    return copy


def _copied(value: Value) -> Value:
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _differences(law: str, case: str, expected: Document, actual: Document) -> list[Failure]:
    before, after = dict(leaves(without_empty(expected) or {})), dict(leaves(without_empty(actual) or {}))
    return [
        Failure(law=law, case=case, path=path, expected=_shown(before.get(path)), actual=_shown(after.get(path)))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]


def _shown(value: Value | None) -> str:
    return "nothing" if value is None else repr(value)
