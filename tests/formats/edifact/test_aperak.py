from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edi.formats import edifact
from edi.formats.edifact import aperak, directory, validation
from tests.formats.edifact.building import interchange, message, only

NOON = datetime(2024, 1, 31, 12, 5, tzinfo=UTC)
REPORT = aperak.Aperak(
    number="A1",
    accepted=False,
    references=(aperak.Reference("ON", "4711"),),
    errors=(
        aperak.ApplicationError(code="42", text="the article is not known", references=(aperak.Reference("LI", "1"),)),
        aperak.ApplicationError(code="7", text="the price differs", list_agency="92"),
    ),
    buyer="4012345000009",
    supplier="5412345000013",
)


def carried(report: aperak.Aperak, release: str) -> edifact.Message:
    """The report written into an interchange and read back as a message."""
    envelope = edifact.EnvelopeValues(
        sender=edifact.InterchangeParty("A"), recipient=edifact.InterchangeParty("B"), control_reference="1", prepared=NOON
    )
    identifier = edifact.MessageIdentifier.from_text(f"APERAK:D:{release}:UN")
    out = edifact.OutMessage(reference="1", identifier=identifier, segments=aperak.write(report, prepared=NOON))
    return only(edifact.write_interchange(envelope, [out])).messages[0]


@pytest.mark.parametrize("release", ["96A", "01B"])
def test_what_we_write_is_a_valid_aperak(release: str) -> None:
    assert validation.validate(carried(REPORT, release), directory.load(f"D.{release}")) == ()


def test_an_aperak_written_and_read_says_the_same() -> None:
    read = aperak.read(carried(REPORT, "96A"))

    assert read.date == "202401311205"
    assert (read.number, read.accepted, read.references, read.errors, read.buyer) == (
        REPORT.number,
        REPORT.accepted,
        REPORT.references,
        REPORT.errors,
        REPORT.buyer,
    )


def test_long_text_is_broken_at_blanks_and_comes_back_whole() -> None:
    text = "the invoice amount " * 15
    report = aperak.Aperak(number="A1", accepted=False, errors=(aperak.ApplicationError(code="1", text=text),))

    assert aperak.read(carried(report, "96A")).errors[0].text == text.strip()


@pytest.mark.parametrize(
    ("bgm", "accepted"), [("BGM++A1+29", True), ("BGM++A1+27", False), ("BGM++A1++RE", False), ("BGM++A1++AP", True), ("BGM++A1", True)]
)
def test_acceptance_is_read_from_function_or_response(bgm: str, accepted: bool) -> None:
    assert aperak.read(only(interchange(message(bgm, identifier="APERAK:D:96A:UN"))).messages[0]).accepted is accepted


def test_errors_without_a_verdict_are_a_refusal() -> None:
    body = only(interchange(message("BGM++A1", "ERC+42", identifier="APERAK:D:96A:UN"))).messages[0]

    assert aperak.read(body).accepted is False
