"""Old and new mapping over the same messages: what changes in the documents and in the outputs, grouped. The gate before a change goes live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from edi.mapping.canonical import leaves, unindexed
from edi.mapping.codecs.base import Value
from edi.mapping.result import Document, Output
from edi.mapping.spoke import Spoke
from edi.mapping.spoke_edifact import texts_of


@dataclass(slots=True, kw_only=True)
class Change:
    """All differences at one canonical path."""

    path: str
    messages: int = 0
    example: str = ""
    """Name of the first message."""
    before: str = ""
    after: str = ""


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What a change of mapping does to traffic."""

    messages: int = 0
    changed: int = 0
    """Messages whose document or output differs."""
    documents: dict[str, Change] = field(default_factory=dict)
    outputs: dict[str, Change] = field(default_factory=dict)


def compare(old: Spoke, new: Spoke, messages: Iterable[tuple[str, object]], *, write: Spoke | None = None) -> Comparison:
    """Read every message with both; with `write`, also what that mapping makes of both documents."""
    result = Comparison()
    for name, message in messages:
        result.messages += 1
        before, after = _document(old, message), _document(new, message)
        differs = _note(result.documents, name, dict(leaves(before)), dict(leaves(after)))
        if write is not None and differs:
            _note(result.outputs, name, _lines(write, before), _lines(write, after))
        result.changed += differs
    return result


def compare_writing(old: Spoke, new: Spoke, documents: Iterable[tuple[str, Document]]) -> Comparison:
    """Write every document with both."""
    result = Comparison()
    for name, document in documents:
        result.messages += 1
        result.changed += _note(result.outputs, name, _lines(old, document), _lines(new, document))
    return result


def _document(spoke: Spoke, message: object) -> Document:
    outcome = spoke.read(message)
    return outcome.value.document if outcome.value is not None else {}


def _lines(spoke: Spoke, document: Document) -> dict[str, Value]:
    """The output's values by place: segments by tag and qualifier, paths elsewhere."""
    outcome = spoke.write(document, trace=True)
    if outcome.value is None:
        return {"output": "none"}
    found: dict[str, Value] = {f"{trace.path} ({trace.where})": trace.wire for trace in outcome.value.traces}
    found.update(_raw(outcome.value.output))
    return found


def _raw(output: Output) -> dict[str, Value]:
    if isinstance(output, list):
        texts = texts_of(output)  # type: ignore[arg-type]  # an EDIFACT spoke's segments
        return {f"segment {text}": str(texts.count(text)) for text in texts}
    return {}


def _note(into: dict[str, Change], name: str, before: dict[str, Value], after: dict[str, Value]) -> bool:
    paths = [path for path in [*before, *(path for path in after if path not in before)] if before.get(path) != after.get(path)]
    for group in dict.fromkeys(unindexed(path) for path in paths):
        first = next(path for path in paths if unindexed(path) == group)
        change = into.setdefault(group, Change(path=group, example=name, before=_shown(before.get(first)), after=_shown(after.get(first))))
        change.messages += 1
    return bool(paths)


def _shown(value: Value | None) -> str:
    return "nothing" if value is None else str(value)
