"""What the pages say, per language: one JSON file each under `messages/`, every one with the same keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("en", "nl", "de", "fr", "vi")
"""The first is what is spoken where nothing else fits."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of a language we speak."""
    found = json.loads(files("edi.web.pages").joinpath("messages", f"{language}.json").read_text(encoding="utf-8"))
    return {str(key): str(text) for key, text in found.items()}


def spoken(*wanted: str | None) -> str:
    """The first of the languages wanted that we speak: `de-AT` is `de`."""
    for one in wanted:
        short = (one or "").partition("-")[0].lower()
        if short in LANGUAGES:
            return short
    return LANGUAGES[0]


def accepted(header: str) -> tuple[str, ...]:
    """Languages of an Accept-Language header, the dearest first."""
    found = []
    for index, part in enumerate(header[:200].split(",")[:20]):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or "1")
        except ValueError:
            weight = 0.0
        found.append((-weight, index, name))
    return tuple(name for _, _, name in sorted(found))
