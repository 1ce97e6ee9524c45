"""Every language says everything, and the pages ask for nothing that is not said."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from edi.documents.kinds import KINDS
from edi.documents.render import COLUMNS, HEAD, PARTIES, TOTALS
from edi.engine.states import WORDS, Axis
from edi.web.pages.site import Reader
from edi.web.pages.texts import LANGUAGES, accepted, catalogue, spoken
from edi.web.status.words import ANSWERS, HAPPENED, PARTNERS_WORDS

PAGES = Path(__file__).parents[2] / "edi/web/pages"
TEMPLATES = sorted(PAGES.glob("*.html"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_and_none_is_empty(language: str) -> None:
    assert catalogue("en").keys() == catalogue(language).keys()
    assert [] == [key for key, text in catalogue(language).items() if not text.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_the_same_places_for_values_in_every_language(language: str) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert [] == [key for key, text in catalogue("en").items() if places(text) != places(catalogue(language)[key])]


def test_the_files_are_the_languages() -> None:
    assert set(LANGUAGES) == {place.stem for place in (PAGES / "messages").glob("*.json")}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda place: place.name)
def test_a_template_asks_only_for_texts_there_are(template: Path) -> None:
    asked = set(re.findall(r"say\([\"']([a-z_]+\.[a-z_.]+)[\"'][,)]", template.read_text()))

    assert set() == asked - catalogue("en").keys()


@pytest.mark.parametrize("template", [place for place in TEMPLATES if not place.name.startswith("ops")], ids=lambda place: place.name)
def test_a_template_holds_no_words_of_its_own(template: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", template.read_text(), flags=re.DOTALL)

    assert [] == re.findall(r">[^<>]*?([A-Za-z]{3,})[^<>]*?<", text)


def test_what_is_made_of_codes_is_said_too() -> None:
    asked = {
        *(f"kind.{kind}" for kind in (*KINDS, "contrl", "aperak", "mdn")),
        *(f"status.{word}" for (_, _state), (axis, word) in WORDS.items() if axis in set(Axis)),
        *(f"status.{word}" for word in PARTNERS_WORDS.values()),
        *(f"happened.{word}" for word in HAPPENED.values()),
        *(f"answer.{code}" for code in ANSWERS),
        *(f"field.{name}" for name in (*HEAD, *PARTIES, *TOTALS, *COLUMNS)),
        *(f"error.{code}" for code in (400, 403, 404, 405, 413, 429, 500)),
    }

    assert set() == asked - catalogue("en").keys()


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de-AT",), "de"),
        ((None, "fr"), "fr"),
        (("xx", "nl"), "nl"),
        ((), "en"),
        (("zz",), "en"),
        (accepted("da, vi;q=0.8, en;q=0.9"), "en"),
    ],
)
def test_the_language_is_the_first_wanted_that_we_speak(wanted: tuple[str | None, ...], language: str) -> None:
    assert language == spoken(*wanted)


def test_odd_wishes_for_a_language_harm_nobody() -> None:
    assert "en" == spoken(*accepted(";q=x,,;;q=,\x00" * 50))


def test_moments_are_in_the_readers_time_zone() -> None:
    reader = Reader(language="vi", timezone="Asia/Ho_Chi_Minh")

    assert "2026-11-24 16:14" == reader.moment("2026-11-24T09:14:00.000000Z")
    assert "2026-11-24T16:14:00+07:00" == reader.machine("2026-11-24T09:14:00.000000Z")
    assert "" == reader.moment(None)


def test_the_stylesheet_loads_nothing_and_is_small() -> None:
    style = (PAGES / "style.css").read_text()

    assert "@import" not in style
    assert "url(" not in style
    assert len(style) < 10_000


def _luminance(colour: str) -> float:
    short = len(colour) == 4
    parts = [int(colour[index] * 2 if short else colour[2 * index - 1 : 2 * index + 1], 16) / 255 for index in (1, 2, 3)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [("ink", "paper"), ("ink", "sheet"), ("soft", "paper"), ("soft", "sheet"), ("link", "paper"), ("link", "sheet"),
     ("good", "good-back"), ("bad", "bad-back"), ("wait", "wait-back"), ("paper", "link")],
)  # fmt: skip
def test_text_stands_out_from_what_is_behind_it(scheme: int, front: str, back: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", (PAGES / "style.css").read_text().split("@media")[scheme]))
    low, high = sorted((_luminance(colours[front]), _luminance(colours[back])))

    assert (high + 0.05) / (low + 0.05) >= 4.5
