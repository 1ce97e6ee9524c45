"""Findings in the reader's language: every sentence in every language, made of the finding's own values, English where there is none."""

from __future__ import annotations

import json
import re
from collections import Counter as Count
from pathlib import Path
from string import Formatter

import pytest

from edi import library
from edi.findings import Finding, Location
from edi.formats.edifact.codes import KINDS
from edi.web.pages import findings
from edi.web.pages.texts import LANGUAGES
from tests.engine.house import order
from tests.web.desk import Counter, boreals
from tests.web.test_documents import plain
from tests.web.test_security import names

PAGES = Path(findings.__file__).parent

FAULTS = (
    lambda data: data.replace(b"QTY+21", b"QTY+999"),
    lambda data: data.replace(b"DTM+137:2026", b"DTM+137:20X6"),
    lambda data: data.replace(b"BGM+220", b"BGM+99999"),
    lambda data: data.replace(b"BGM+", b"XXX+1'BGM+"),
    lambda data: re.sub(rb"UNT\+\d+", b"UNT+99", data),
    lambda data: re.sub(rb"UNZ\+1", b"UNZ+7", data),
    lambda data: re.sub(rb"BGM[^']*'", b"", data),
    lambda data: re.sub(rb"QTY\+21:(\d+)", rb"QTY+21:\1AB", data),
    lambda data: data[: len(data) // 2],
    lambda data: re.sub(rb"UNT\+(\d+)\+[^']*'", rb"UNT+\1+ZZ'", data),
    lambda data: data.replace(b"LIN+1", b"LIN+1234567890"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_findings(language: str) -> None:
    english, theirs = findings.sentences("en"), findings.sentences(language)

    assert english.keys() == theirs.keys()
    assert [] == [key for key, said in theirs.items() if not said.strip()]
    assert len([key for key in english if key.startswith("text.")]) >= 60


def test_every_finding_of_edifact_has_a_sentence() -> None:
    assert set() == {f"text.{code}" for code in KINDS} - findings.sentences("en").keys()
    assert {kind.hint for kind in KINDS.values()} <= set(findings.sentences("en").values())


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_a_sentence_asks_only_for_values_findings_have(language: str) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert set() == {name for text in findings.sentences(language).values() for name in places(text)} - {"value", "expected", "tag"}
    for key, text in findings.sentences(language).items():
        assert places(text) == places(findings.sentences("de")[key]), key


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_real_faults_are_told_in_the_readers_language(language: str) -> None:
    found = [one for fault in FAULTS for one in library.validate(fault(order("4711")))]
    untold = [str(one) for one in found if findings.text(one, language) is None]

    assert len({one.code for one in found}) >= 10
    assert [] == untold


def test_a_sentence_whose_values_are_missing_stays_english() -> None:
    assert findings.text(Finding(code="edifact.code_unknown", text="x"), "de") is None
    assert findings.text(Finding(code="no.such_code", text="x", value="1"), "de") is None
    assert findings.text(Finding(code="edifact.code_unknown", text="x", value="1"), "en") is None


def test_a_hint_of_its_own_is_not_replaced() -> None:
    usual = KINDS["edifact.code_unknown"].hint

    assert "Codeliste" in (findings.hint(Finding(code="edifact.code_unknown", text="x", hint=usual), "de") or "")
    assert findings.hint(Finding(code="edifact.code_unknown", text="x", hint="write 9"), "de") is None


def test_a_value_stays_one_bounded_line() -> None:
    said = findings.text(Finding(code="edifact.not_numeric", text="x", value="a\r\n\x1b" + "b" * 500), "de") or ""

    assert said.isprintable()
    assert len(said) < 120


def test_a_vietnamese_partner_reads_vietnamese_with_the_english_beside_it(counter: Counter) -> None:
    counter.house.drop("b.edi", boreals(order("8811")).replace(b"QTY+21", b"QTY+999"), channel="boreal/in")
    counter.house.engine.run_once()
    person = counter.partner("boreal")
    page = person.get(f"/documents/{names(person)[0]}").text

    assert "Mã “999” không có trong danh mục của nó." in plain(page)
    assert re.search(r'<dd lang="en">[^<]*999', page)
    assert "kiểm tra danh mục mã" in plain(page)
    assert "đoạn" in plain(page)


def test_the_place_is_said_in_words_of_the_catalogue() -> None:
    from edi.web.status.words import findings as shown

    (one,), _ = shown([Finding(code="edifact.not_numeric", text="x", where=Location(segment=7, tag="QTY", element=1))], None, "de")

    assert (("segment", "7"), ("tag", "QTY"), ("element", "1")) == one.where


@pytest.mark.parametrize("place", sorted(PAGES.glob("*/*.json")), ids=lambda place: f"{place.parent.name}/{place.stem}")
def test_every_text_stands_once(place: Path) -> None:
    pairs = json.loads(place.read_text(encoding="utf-8"), object_pairs_hook=list)

    assert [key for key, count in Count(key for key, _ in pairs).items() if count > 1] == []
