"""The reference page names everything the language has."""

from __future__ import annotations

import doctest
from pathlib import Path

from edi.mapping.codecs import CODECS
from edi.mapping.entries import MORE
from edi.mapping.expressions import FUNCTIONS
from edi.mapping.file_schema import mapping_schema
from edi.mapping.loader import KEYS
from edi.mapping.source import OPTIONS

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/mapping-language.md").read_text(encoding="utf-8")


def test_every_codec_option_key_and_function_stands_on_the_page() -> None:
    missing = [name for name in (*CODECS, *OPTIONS, *MORE, *FUNCTIONS, *KEYS) if name not in PAGE]

    assert [] == missing


def test_the_schema_for_editors_knows_every_key_and_option() -> None:
    schema = str(mapping_schema())

    assert [] == [name for name in (*KEYS, *OPTIONS) if repr(name) not in schema]


def test_the_examples_in_python_run_without_daemon_and_database() -> None:
    example = doctest.DocTestParser().get_doctest(PAGE, {}, "mapping-language.md", None, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    told: list[str] = []

    runner.run(example, out=told.append)

    assert (0, True) == (runner.failures, runner.tries > 10), "".join(told)
