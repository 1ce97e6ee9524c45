"""Makes pages of templates: every value escaped, every text from the catalogue, every moment in the reader's time zone (T24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from edi.web.pages.texts import LANGUAGES, catalogue

STYLE = "style.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom a page is written."""

    language: str
    timezone: str

    def say(self, key: str, **values: object) -> str:
        """A text of the catalogue, with its values filled in; the key itself where there is no such text."""
        text = catalogue(self.language).get(key, key.rpartition(".")[2].replace("_", " "))
        return text.format(**values) if values else text

    def moment(self, stored: str | None) -> str:
        """A stored moment as this reader's clock shows it."""
        if not stored:
            return ""
        return datetime.fromisoformat(stored).astimezone(ZoneInfo(self.timezone)).strftime("%Y-%m-%d %H:%M")

    def machine(self, stored: str | None) -> str:
        """The same for `<time datetime>`, with its offset."""
        return datetime.fromisoformat(stored).astimezone(ZoneInfo(self.timezone)).isoformat(timespec="seconds") if stored else ""


def render(template: str, reader: Reader, **values: object) -> str:
    """The page."""
    say: Callable[..., str] = reader.say
    return (
        _environment()
        .get_template(template)
        .render(
            say=say, moment=reader.moment, machine=reader.machine, language=reader.language, languages=LANGUAGES, named=_named, **values
        )
    )


def _named(language: str) -> str:
    """A language in its own words."""
    return catalogue(language)["language"]


@cache
def style() -> bytes:
    """The stylesheet."""
    return files("edi.web.pages").joinpath(STYLE).read_bytes()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("edi.web", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # what is installed does not change; looking costs fifteen questions to the disk a page
    )
