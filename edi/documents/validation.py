"""Whether a document has the shape of its kind and agrees with itself. Pure: a document in, findings out."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edi import limits
from edi.documents.checks import check
from edi.documents.fields import Field, fields
from edi.documents.kinds import model
from edi.findings import Finding, Location

Parts = tuple[int | str, ...]


def validate(kind: str, document: Mapping[str, object]) -> tuple[Finding, ...]:
    """Everything odd about the document: its shape first; what it says only where the shape is sound enough to compare.

    Raises ConfigError for a kind we do not know.
    """
    findings = [*check_shape(kind, document)]
    if not findings:
        findings.extend(check(kind, document))
    return tuple(findings[: limits.FINDINGS_MAX])


def check_shape(kind: str, document: Mapping[str, object]) -> tuple[Finding, ...]:
    """Unknown and missing fields, wrong types, null and empty values; each with the path it stands at."""
    try:
        model(kind).model_validate({"kind": kind, **document})
    except ValidationError as error:
        shape = [_finding(fields(kind), details) for details in error.errors(include_url=False)]
    else:
        shape = []
    return (*shape, *_nulls(document, ()))[: limits.FINDINGS_MAX]


def path_text(parts: Parts) -> str:
    """`lines[0].item.gtin`, as findings show it; indexes count from 0."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _nulls(owner: object, path: Parts) -> Iterable[Finding]:
    """A value that is absent has no key; null would be read as a value by the next program."""
    below = owner.items() if isinstance(owner, (dict, Mapping)) else enumerate(owner) if isinstance(owner, list) else ()
    for key, value in below:
        if value is None:
            name = path_text((*path, key))
            yield Finding(
                code="document.null",
                text=f"{name} is null",
                where=Location(path=name),
                hint="leave the field out where there is no value",
            )
        elif isinstance(value, (dict, list, Mapping)):
            yield from _nulls(value, (*path, key))


def _finding(root: Field, details: ErrorDetails) -> Finding:
    parts: Parts = tuple(details["loc"])
    make = TEXTS.get(details["type"], _other)
    found = make(root, parts, details)
    return replace(found, where=Location(path=path_text(parts)))


def _unknown(root: Field, parts: Parts, details: ErrorDetails) -> Finding:
    owner = _owner(root, parts)
    near = difflib.get_close_matches(str(parts[-1]), owner.children if owner else (), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "put fields of your own under x"
    return Finding(code="document.unknown_field", text=f"there is no field {path_text(parts)!r}", value=_shown(details), hint=hint)


def _missing(_root: Field, parts: Parts, _details: ErrorDetails) -> Finding:
    return Finding(
        code="document.missing_field", text=f"{path_text(parts)} is missing", hint="the field is mandatory in this kind of document"
    )


def _empty(_root: Field, parts: Parts, _details: ErrorDetails) -> Finding:
    return Finding(code="document.empty", text=f"{path_text(parts)} is empty", value="", hint="leave the field out where there is no value")


def _other(_root: Field, parts: Parts, details: ErrorDetails) -> Finding:
    expected = EXPECTED.get(details["type"], details["msg"])
    context = details.get("ctx", {})
    if "expected" in context:
        expected = f"one of {context['expected']}"
    verb = expected if expected.startswith("is ") else f"should be {expected}"
    return Finding(
        code="document.wrong_type", text=f"{path_text(parts)} {_shown(details)} {verb}", value=_shown(details), expected=expected
    )


Make = Callable[[Field, Parts, ErrorDetails], Finding]
TEXTS: Final[Mapping[str, Make]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "string_too_short": _empty,
}
EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "string_pattern_mismatch": "without blanks around it",
    "string_too_long": "shorter",
}


def _shown(details: ErrorDetails) -> str:
    text = repr(details["input"])
    return text if len(text) <= 80 else text[:77] + "…'"


def _owner(root: Field, parts: Parts) -> Field | None:
    owner: Field | None = root
    for part in parts[:-1]:
        if isinstance(part, str) and owner is not None:
            owner = owner.child(part)
    return owner
