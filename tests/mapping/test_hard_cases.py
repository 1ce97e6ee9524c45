"""The hard cases of EDI mapping, one folder each: a mapping, what it reads and writes, and the laws on drawn documents."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from edi import library, mapping
from edi.formats.edifact.envelope import MessageIdentifier
from edi.formats.edifact.writer import OutMessage, write_interchange
from edi.mapping import laws
from edi.mapping.cases import run_cases
from edi.mapping.source import MappingFiles
from tests.mapping.mutants import mutants

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "mapping"
CASES = sorted(path.relative_to(FOLDER).as_posix().removesuffix(".map.yaml") for path in FOLDER.glob("*/*.map.yaml"))


def files(folder: str) -> MappingFiles:
    def find(name: str) -> tuple[str, str] | None:
        path = FOLDER / folder / (name if name.endswith((".yaml", ".csv")) else f"{name}.map.yaml")
        return (path.name, path.read_text(encoding="utf-8")) if path.is_file() else None

    return find


@cache
def spoke(case: str) -> mapping.Spoke:
    folder, _, name = case.partition("/")
    return mapping.load(name, files(folder))


@pytest.mark.parametrize("case", CASES)
def test_the_case_reads_and_writes_as_it_says(case: str) -> None:
    results = run_cases(spoke(case), files(case.partition("/")[0]))

    assert results
    assert {result.name: result.failures for result in results if not result.passed} == {}


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.startswith(("44_", "14_free_text_over_components_and_segments_joined"))]
)
def test_drawn_documents_come_back_as_they_were(case: str) -> None:
    assert laws.put_get(spoke(case), 25).failures == []


@pytest.mark.parametrize("case", CASES)
def test_the_case_notices_whatever_is_taken_out_of_its_mapping(case: str) -> None:
    """A case whose tests pass without a line, a codec or a row of its mapping would not show that they work."""
    folder, _, name = case.partition("/")
    find = files(folder)
    path, text = find(name) or ("", "")
    unseen = []
    for what, mutant in mutants(text):
        try:
            broken = mapping.load(name, lambda wanted: (path, mutant) if wanted == name else find(wanted))  # noqa: B023 -- used at once
        except mapping.MappingProblems:
            continue  # noticed at once
        if all(result.passed for result in run_cases(broken, find)):
            unseen.append(what)

    assert unseen == []


INVOICES = (
    "UNH+1+INVOIC:D:96A:UN:EAN008'BGM+380+R1+9'DTM+137:20240315:102'NAD+SU+4012345500004::9'NAD+BY+4054321000009::9'UNS+S'MOA+9:5'UNT+8+1'"
    "UNH+2+INVOIC:D:96A:UN:EAN008'BGM+380+R2+9'DTM+137:20240316:102'NAD+SU+4012345500004::9'NAD+BY+4054321000009::9'UNS+S'MOA+9:6'UNT+8+2'"
)


def test_22_an_interchange_of_many_messages_is_many_documents_and_many_documents_are_one_interchange() -> None:
    data = f"UNB+UNOC:3+4012345500004:14+4054321000009:14+240316:1030+7'{INVOICES}UNZ+2+7'".encode()
    made = library.convert(data, read="invoic-eancom", write="ubl-invoice").value or ()
    assert ["R1", "R2"] == [one.number for one in made]
    assert all(one.payload.count(b"<cbc:ID>R") == 1 for one in made)

    invoic = mapping.load("invoic-eancom")
    identifier = MessageIdentifier.from_text("INVOIC:D:96A:UN:EAN008")
    messages = []
    for number, one in enumerate(made, 1):
        written = invoic.write(one.document, release="D.96A").value  # type: ignore[arg-type]  # a document in flight
        assert written is not None
        messages.append(OutMessage(reference=str(number), identifier=identifier, segments=written.output))  # type: ignore[arg-type]  # segments
    envelope = library.envelope_of(made[0].document, prepared=datetime(2024, 3, 16, tzinfo=UTC))
    again = library.documents_of(write_interchange(envelope, messages), read="invoic-eancom").value or ()
    assert [("R1", 5), ("R2", 6)] == [(one["number"], one["totals"]["payable"]) for one in again]  # type: ignore[index]


@pytest.mark.parametrize(
    ("read", "write", "lost"),
    [
        ("40_document_function/edifact", "40_document_function/ubl", "function"),
        ("31_line_breaks_in_text/edifact", "39_note_subjects_that_ubl_has_no_place_for/ubl", "notes.subject"),
    ],
)
def test_what_the_other_side_has_no_place_for_is_named_before_anything_is_converted(read: str, write: str, lost: str) -> None:
    assert mapping.cannot_cross(spoke(read), spoke(write)) == {lost}
