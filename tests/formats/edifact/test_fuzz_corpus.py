"""The corpus of the fuzzer: inputs that once broke something, and a few that reach far; each gives findings or FormatError."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.errors import FormatError
from edi.formats import edifact
from edi.formats.edifact import aperak, contrl, directory, fast, inspect, reader, validation
from edi.formats.edifact.charset import Policy
from tests.formats.edifact.test_properties import harmless

CORPUS = Path(__file__).parents[2] / "fixtures" / "edifact" / "fuzz"
TABLES = directory.load("D.96A", association="EAN008")


@pytest.mark.parametrize("name", sorted(each.name for each in CORPUS.glob("*.edi")))
def test_what_once_broke_us_gives_findings_or_format_error(name: str) -> None:
    data = (CORPUS / name).read_bytes()

    harmless(data)
    try:
        found = reader.read(data, policy=Policy.REPAIR).value or ()
    except FormatError:
        return
    for interchange in found:
        inspect.inspect(interchange)
        for message in interchange.messages:
            report = contrl.read(message)
            if report:
                contrl.explain(report, interchange)
            aperak.read(message)


@pytest.mark.parametrize("name", sorted(each.name for each in CORPUS.glob("*.edi")))
def test_the_quick_way_finds_what_the_exact_one_finds(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    try:
        messages: list[edifact.Message] = [each for found in reader.read(data).value or () for each in found.messages]
    except FormatError:
        return
    verdicts = [each for each in fast.validate_stream(data, lambda _: TABLES) if isinstance(each, fast.Verdict)]

    exact = [sorted(each.code for each in (*message.findings, *validation.validate(message, TABLES))) for message in messages]
    assert exact == [sorted(each.code for each in verdict.findings) for verdict in verdicts]
