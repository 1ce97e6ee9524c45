"""What partners read of findings in their own language: a sentence per code, filled with the finding's own values.

Rule 1: English is the finding's own text, which says the most; other languages have a sentence per code, and keep the English beside it.
Rule 2: where a sentence would need a value that the finding does not have, or there is none for the code, it stays English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Final

from edi.findings import Finding

FOLDER: Final = "findings_texts"
VALUE_CHARACTERS_MAX: Final = 60
ENGLISH: Final = "en"


@cache
def sentences(language: str) -> Mapping[str, str]:
    """`text.<code>` and `hint.<code>` of a language; the English hints are those that findings carry."""
    found = json.loads(files("edi.web.pages").joinpath(FOLDER, f"{language}.json").read_text(encoding="utf-8"))
    return {str(key): str(text) for key, text in found.items()}


def text(finding: Finding, language: str) -> str | None:
    """The sentence in a language; None: there is none, read the finding's own."""
    template = sentences(language).get(f"text.{finding.code}") if language != ENGLISH else None
    if template is None:
        return None
    values = _values(finding)
    wanted = {name for _, name, _, _ in Formatter().parse(template) if name}
    return template.format(**values) if wanted <= values.keys() else None


def hint(finding: Finding, language: str) -> str | None:
    """What to do, in a language; None where the finding's own hint is not the one that belongs to its code."""
    key = f"hint.{finding.code}"
    if language == ENGLISH or finding.hint is None or finding.hint != sentences(ENGLISH).get(key):
        return None
    return sentences(language).get(key)


def _values(finding: Finding) -> dict[str, str]:
    """What a sentence may speak of; only what the finding has."""
    where = finding.where
    given = {"value": _quoted(finding.value), "expected": _short(finding.expected), "tag": where.tag}
    return {name: value for name, value in given.items() if value}


def _quoted(value: str | None) -> str | None:
    short = _short(value)
    return f"“{short}”" if short else None


def _short(value: str | None) -> str | None:
    """One line of bounded length."""
    if not value:
        return None
    cleaned = "".join(character if character.isprintable() else " " for character in value)
    return cleaned if len(cleaned) <= VALUE_CHARACTERS_MAX else cleaned[:VALUE_CHARACTERS_MAX] + "…"
