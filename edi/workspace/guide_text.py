"""A guide as the YAML people edit: the inverse of reading it."""

from __future__ import annotations

from collections.abc import Iterator

from edi.formats.edifact.guide import ElementRule, Guide, SegmentRule


def guide_text(guide: Guide, *, remarks: tuple[str, ...] = ()) -> str:
    """The file's text; `remarks` become comments at its top."""
    return "".join(f"{line}\n" for line in _lines(guide, remarks))


def _lines(guide: Guide, remarks: tuple[str, ...]) -> Iterator[str]:
    yield from (f"# {remark}" for remark in remarks)
    yield f"guide: {_quoted(guide.name)}"
    yield f"message: {_quoted(guide.message)}"
    if guide.title:
        yield f"title: {_quoted(guide.title)}"
    if guide.notes:
        yield "notes:"
        yield from (f"  - {_quoted(note)}" for note in guide.notes)
    if guide.unlisted != "may":
        yield f"unlisted: {guide.unlisted}"
    yield "segments:" if guide.rules else "segments: {}"
    for rule in guide.rules:
        yield from _rule(rule)


def _rule(rule: SegmentRule) -> Iterator[str]:
    facts = [f"use: {rule.use}"]
    facts += [f"repeats: {rule.repeats_max}"] if rule.repeats_max is not None else []
    facts += [f"note: {_quoted(rule.note)}"] if rule.note else []
    if not rule.elements:
        yield f"  {_quoted(rule.name)}: {{{', '.join(facts)}}}"
        return
    yield f"  {_quoted(rule.name)}:"
    yield from (f"    {fact}" for fact in facts)
    yield "    elements:"
    yield from (f"      {_quoted(element.place)}: {{{', '.join(_element(element))}}}" for element in rule.elements)


def _element(rule: ElementRule) -> Iterator[str]:
    yield f"use: {rule.use}"
    if any(rule.codes.values()):
        yield "codes: {" + ", ".join(f"{_quoted(code)}: {_quoted(note)}" for code, note in rule.codes.items()) + "}"
    elif rule.codes:
        yield "codes: [" + ", ".join(_quoted(code) for code in rule.codes) + "]"
    if rule.length_max is not None:
        same = rule.length_min == rule.length_max
        yield f"length: {rule.length_max}" if same else f"length: {rule.length_min or ''}..{rule.length_max}"
    if rule.note:
        yield f"note: {_quoted(rule.note)}"


def _quoted(text: str) -> str:
    """In single quotes where YAML might read something else than text."""
    plain = text and all(character.isalnum() or character in "/_@.+-" for character in text) and text[0].isalnum()
    return text if plain else "'" + text.replace("'", "''") + "'"
