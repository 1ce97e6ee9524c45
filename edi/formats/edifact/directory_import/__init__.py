"""From the published UN/EDIFACT directory files to our own tables: pure functions, bytes in, tables and findings out.

Rule 1: facts only; a description is never kept.
Rule 2: what cannot be read is a finding with file and line, and the rest is still converted.
Rule 3: nothing knows a release by name: a release never seen before converts by the same code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from edi.findings import Finding, Location, Outcome, Severity
from edi.formats.edifact.directory_import.elements import read_codes, read_elements
from edi.formats.edifact.directory_import.messages import read_message
from edi.formats.edifact.directory_import.release import Entry, ReleaseTables, Use
from edi.formats.edifact.directory_import.segments import read_composites, read_segments

__all__ = ["Entry", "ReleaseTables", "Use", "import_archive"]

ELEMENTS: Final = re.compile(r"(ED|TR)ED\.\w+")
COMPOSITES: Final = re.compile(r"(ED|TR)CD\.\w+")
SEGMENTS: Final = re.compile(r"(ED|TR)SD\.\w+")
CODES: Final = re.compile(r"UNCL(-\d)?\.\w+")
MESSAGE: Final = re.compile(r"[A-Z]{6}_[A-Z]\.\w+")
X = TypeVar("X")


def import_archive(files: Mapping[str, bytes]) -> Outcome[ReleaseTables]:
    """The tables of the one release whose published files these are, by name; folders before the name do not matter.

    Files that are no part of the batch directories (readme, service code list, interactive directories) are left aside.
    No value if there is no message file or no segment file: then a finding says which is missing.
    """
    kinds = {pattern: _of(files, pattern) for pattern in (ELEMENTS, COMPOSITES, SEGMENTS, CODES, MESSAGE)}
    tables = ReleaseTables(release="")
    findings: list[Finding] = []
    for name, content in kinds[ELEMENTS].items():
        _take(tables.elements, findings, read_elements(name, content))
    for name, content in kinds[COMPOSITES].items():
        _take(tables.composites, findings, read_composites(name, content))
    inline: dict[str, Entry] = {}
    for name, content in kinds[SEGMENTS].items():
        segments, spelled_out, noticed = read_segments(name, content)
        tables.segments.update(segments)
        inline.update(spelled_out)
        findings += noticed
    for name, content in kinds[CODES].items():
        _take(tables.codes, findings, read_codes(name, content))
    for name, content in kinds[MESSAGE].items():
        message, noticed = read_message(name, content)
        findings += noticed
        if message is not None:
            tables.messages[message.type] = message
    return _finish(tables, inline, findings)


def _of(files: Mapping[str, bytes], pattern: re.Pattern[str]) -> dict[str, bytes]:
    names = {name.replace("\\", "/").rpartition("/")[2].upper(): content for name, content in sorted(files.items())}
    return {name: content for name, content in names.items() if pattern.fullmatch(name)}


def _take(into: dict[str, X], findings: list[Finding], found: tuple[Mapping[str, X], list[Finding]]) -> None:
    into.update(found[0])
    findings += found[1]


def _finish(tables: ReleaseTables, inline: Mapping[str, Entry], findings: list[Finding]) -> Outcome[ReleaseTables]:
    missing = [what for what, found in (("message", tables.messages), ("segment", tables.segments)) if not found]
    if missing:
        return Outcome(None, (*findings, *(_missing(what) for what in missing)))
    releases = Counter(message.release for message in tables.messages.values())
    whole = replace(tables, release=releases.most_common(1)[0][0])
    findings += _disagreements(whole, inline)
    findings += _undefined(whole)
    return Outcome(whole, tuple(findings))


def _missing(what: str) -> Finding:
    return Finding(
        code="directory.file_missing",
        text=f"the archive holds no {what} file that could be read",
        hint="give the archive of one whole release, e.g. d96a.zip: EDED, EDCD, EDSD, UNCL and one file per message",
    )


def _disagreements(tables: ReleaseTables, inline: Mapping[str, Entry]) -> Iterator[Finding]:
    """Composites that the segment file spells out otherwise than the composite file; the composite file counts."""
    for name, spelled_out in inline.items():
        defined = tables.composites.get(name)
        if defined is not None and defined.uses != spelled_out.uses:
            yield Finding(
                code="directory.files_disagree",
                text=f"composite {name} has other components in the segment file; the composite file was taken",
                severity=Severity.WARNING,
                value=" ".join(use.id for use in spelled_out.uses),
                expected=" ".join(use.id for use in defined.uses),
            )


def _undefined(tables: ReleaseTables) -> Iterator[Finding]:
    """Uses of elements and composites that no file defines; what uses them is taken out, since it could not be checked."""
    for kind in (tables.composites, tables.segments):
        for name, entry in list(kind.items()):
            unknown = sorted({use.id for use in entry.uses} - tables.elements.keys() - tables.composites.keys())
            if unknown:
                del kind[name]
                yield Finding(
                    code="directory.element_undefined",
                    text=f"{name} uses {', '.join(unknown)}, which no file of the archive defines; {name} was left out",
                    where=Location(tag=name if len(name) == 3 else None),
                    value=" ".join(unknown),
                )
