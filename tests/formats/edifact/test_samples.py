"""Every file of the reference samples is read; findings are those of the index, and each difference is explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edi.errors import ConfigError
from edi.findings import Finding
from edi.formats import edifact
from edi.formats.edifact import directory, reader, structure

pytestmark = pytest.mark.reference

WORDS = {
    "edifact.unb_missing": "no UNB",
    "edifact.unz_missing": "no UNZ",
    "edifact.unt_reference": "UNT ref",
    "edifact.unz_reference": "UNZ ref",
    "edifact.unt_missing": "UNH without UNT",
}
"""Ours, in the words of the index."""

NO_REFERENCE = "UNT gives no reference although UNH has one; the index compared only references that are there"

DIFFERENCES = {
    "APERAK/D96A/edi.net__Apperak_edi_out_issue235.edi": "two UNB follow each other: the first lacks its UNZ, and the UNZ at the end repeats the first one's reference",
    "IFCSUM/D01B/edi.net__edifact.D01B.IFCSUM.NewLines.EDI": "lines instead of terminators: the index read nothing, we read the message and find its UNT count wrong",
    "MEDRPT/1901/pydifact__patient3.edi": "cut off inside a segment: the index says so three times, we say edifact.truncated besides these two",
    "fragments/edi.net__edifact.Issue121.ElementList.Conditions.edi": NO_REFERENCE,
    "fragments/edi.net__edifact.Issue121.ElementList.edi": NO_REFERENCE,
    "fragments/edi.net__edifact.Issue170.ElementList.edi": NO_REFERENCE,
    "fragments/edi.net__edifact.Issue174.edi": NO_REFERENCE,
    "fragments/edi.net__edifact.Issue98.edi": NO_REFERENCE,
}
"""Every file whose findings differ from the index, and why ours are right."""


def spoken(finding: Finding) -> str | None:
    """The finding as the index would say it; None for kinds the index does not know."""
    if finding.code == "edifact.unt_count":
        return f"UNT count {finding.value}!={finding.expected}"
    if finding.code == "edifact.unz_count":
        return f"UNZ count {finding.value}!={finding.expected}"
    return WORDS.get(finding.code)


def files(reference: Path) -> list[Path]:
    return sorted(each for each in (reference / "edifact" / "samples").rglob("*") if each.is_file() and each.name != "INDEX.json")


def test_every_sample_is_read_and_comes_back_byte_for_byte(reference: Path) -> None:
    read = 0
    for file in files(reference):
        data = file.read_bytes()
        interchanges = reader.read(data).value or ()
        assert b"".join(edifact.rewrite(each) for each in interchanges) == data, file.name
        read += 1

    assert read == 92


def test_every_sample_made_anew_from_its_values_is_read_the_same(reference: Path) -> None:
    for file in files(reference):
        for interchange in reader.read(file.read_bytes()).value or ():
            for message in interchange.messages:
                written = edifact.write_segments(message.segments, interchange.delimiters, interchange.syntax.encoding)
                again = [each for each in interchange.syntax.cut(written) if each]
                assert [edifact.Segment.found(raw, interchange.syntax, number=0, offset=0) for raw in again] == message.segments, file.name


def test_envelope_findings_agree_with_the_index(reference: Path) -> None:
    samples = reference / "edifact" / "samples"
    different = set()
    for entry in json.loads((samples / "INDEX.json").read_text()):
        name = entry["file"]
        ours = sorted(filter(None, map(spoken, reader.read((samples / name).read_bytes()).findings)))
        if ours != sorted(entry["issues"]):
            different.add(name)

    assert different == set(DIFFERENCES)


def test_structures_agree_with_the_index(reference: Path) -> None:
    samples = reference / "edifact" / "samples"
    compared = 0
    for entry in json.loads((samples / "INDEX.json").read_text()):
        first = next(iter((reader.read((samples / entry["file"]).read_bytes()).value or ())[-1].messages), None)
        spec = _spec(first)
        if first is None or spec is None or entry["struct"] == "no-table":
            continue
        compared += 1
        clean = not structure.build(first, spec).findings
        assert clean == (entry["struct"] == "ok"), entry["file"]

    assert compared >= 35


def _spec(message: edifact.Message | None) -> directory.MessageType | None:
    try:
        return directory.load(message.identifier.directory).message(message.identifier.type) if message else None
    except ConfigError:
        return None
