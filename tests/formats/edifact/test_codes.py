from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edi.formats.edifact import codes

CHECKOUT = Path(__file__).resolve().parents[3]
PAGE = CHECKOUT / "docs" / "reference" / "edifact-findings.md"
INTRODUCTION = """# What can be wrong with EDIFACT

Every finding of the EDIFACT reader and validator has one of these codes. They stay as they are: partners' agreements name them
under `tolerate` (without `edifact.`), programs match on them. *Answer* is the syntax error code 0085 that a CONTRL carries,
*in* the CONTRL segment that carries it: UCI for the interchange, UCF a group, UCM a message, UCS a segment, UCD an element.
Codes 45 to 48 are sent to partners with syntax version 4 only; others get 16, 21, 18 or 12 in their place.

An `error` makes the message or interchange unusable and is answered, if it has an answer; warnings and infos are not.

| code | severity | answer | in | what | what to do |
|---|---|---|---|---|---|
"""


def page() -> str:
    rows = [
        f"| `{code}` | {kind.severity.value} | {kind.answer or '-'} | {kind.level or '-'} | {kind.meaning} | {kind.hint} |"
        for code, kind in sorted(codes.KINDS.items())
    ]
    return INTRODUCTION + "\n".join(rows) + "\n"


def test_the_published_page_lists_every_code(as_expected: Callable[[Path, str], None]) -> None:
    as_expected(PAGE, page())


@pytest.mark.parametrize("code", codes.KINDS)
def test_every_code_is_used(code: str) -> None:
    sources = (file.read_text() for file in (CHECKOUT / "edi").rglob("*.py") if file.name != "codes.py")

    assert any(re.search(rf"\b{re.escape(code)}\b", source) for source in sources)


@pytest.mark.parametrize("code", codes.KINDS)
def test_every_answer_is_a_code_of_0085_at_a_level_of_contrl(code: str) -> None:
    kind = codes.KINDS[code]

    assert kind.answer is None or kind.answer in codes.ANSWERS
    assert (kind.answer is None) == (kind.level is None)
    assert kind.level in (None, "UCI", "UCF", "UCM", "UCS", "UCD")


def test_codes_private_to_one_product_are_never_sent() -> None:
    assert not {str(code) for code in range(70, 77)} & set(codes.ANSWERS)


def test_codes_of_newer_lists_have_an_older_one() -> None:
    assert set(codes.OLD_ANSWERS) == {"45", "46", "47", "48"}
    assert set(codes.OLD_ANSWERS.values()) <= set(codes.ANSWERS)
