"""Small interchanges for the tests, right in every part that a test does not make wrong."""

from __future__ import annotations

from edi.findings import Finding
from edi.formats.edifact import Interchange, directory, reader, validation
from edi.formats.edifact.charset import Policy

ORDER = (
    "BGM+220+PO4711+9",
    "DTM+137:20240131:102",
    "NAD+BY+4012345000009::9",
    "NAD+SU+5412345000013::9",
    "LIN+1++4000862141404:EN",
    "QTY+21:5",
    "UNS+S",
)


def message(
    *body: str, reference: str = "1", identifier: str = "ORDERS:D:96A:UN", count: int | None = None, closing: str | None = None
) -> str:
    """UNH..UNT with the body between; `count` and `closing` make 0074 and the second 0062 wrong."""
    segments = body or ORDER
    counted = len(segments) + 2 if count is None else count
    parts = [f"UNH+{reference}+{identifier}", *segments, f"UNT+{counted}+{closing or reference}"]
    return "".join(part + "'" for part in parts)


def interchange(*messages: str, una: str = "", unb: str | None = None, unz: str | None = None, syntax: str = "UNOC:3") -> bytes:
    """UNB..UNZ around messages that `message` gave; `unz=""` leaves UNZ out."""
    held = messages or (message(),)
    head = f"UNB+{syntax}+4012345000009:14+5412345000013:14+240131:1200+REF1'" if unb is None else unb
    tail = f"UNZ+{len(held)}+REF1'" if unz is None else unz
    return (una + head + "".join(held) + tail).encode("latin-1")


def group(*messages: str, count: int | None = None, closing: str = "G1", kind: str = "ORDERS") -> str:
    counted = len(messages) if count is None else count
    return f"UNG+{kind}+SENDER+RECIPIENT+240131:1200+G1+UN+D:96A'" + "".join(messages) + f"UNE+{counted}+{closing}'"


def check(data: bytes, *, tolerate: frozenset[str] = frozenset(), policy: Policy = Policy.STRICT) -> list[Finding]:
    """All findings of levels 1 to 5."""
    outcome = reader.read(data, tolerate=tolerate, policy=policy)
    findings = list(outcome.findings)
    for each in outcome.value or ():
        for one in each.messages:
            findings += validation.validate(one, directory.load("D.96A"), tolerate=tolerate)
    return findings


def errors(findings: list[Finding]) -> list[tuple[str, str]]:
    """The codes of the errors and how a CONTRL says them, e.g. `("unt_count", "29@UCM")`."""
    return [(each.code.partition(".")[2], f"{each.answer}@{each.level}") for each in findings if each.is_error]


def only(data: bytes) -> Interchange:
    """The one interchange in the bytes."""
    (found,) = reader.read(data).value or ()
    return found
