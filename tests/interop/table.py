"""The table of docs/reference/as2.md: which rows of the checklist were exchanged with which product, and why others were not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tests.channels.as2.rows import ONE_WAY, tried
from tests.interop.cases import ALL, PYAS2, Case, Way

ROWS: Final = range(1, 93)
WHY_NOT: Final = {
    35: "neither product writes for several recipients",
    37: "both products always send their certificate",
    38: "OpenAS2 writes BER of unknown length in every case; nothing of ours is written so",
    39: "the products know one name each",
    43: "OpenAS2 signs with what it has, whatever is asked for",
    47: "neither product sends receipts that nobody asked for",
    51: "we write header fields in one way only",
    52: "the products choose their boundaries themselves",
    54: "OpenAS2 does not take the quotes from names in our receipts",
    55: "OpenAS2 answers such names with status 500",
    57: "OpenAS2 makes a file's name of both names, which becomes too long",
    65: "no product writes damaged compression",
    67: "neither product checks file names",
    68: "neither product checks file names",
    69: "the products take less protection than was agreed",
    71: "we write no such Message-ID",
    72: "the products have no trouble on demand",
    74: "neither product sends warnings",
    75: "both products write English",
    76: "neither product returns the header fields",
    78: "the products send their receipts after their answers",
    79: "an hour is longer than a test; run with the clock moved, against the scripted peer",
    80: "neither product sends a receipt twice",
    83: "the products send one message after the other",
    86: "neither product checks file names",
    87: "neither product sends several documents; OpenAS2 keeps ours as one file",
    88: "neither product sends several documents; OpenAS2 keeps ours as one file",
    89: "neither product sends several documents",
    91: "neither product exchanges certificates (RFC 6017)",
    92: "neither product offers restarts",
}
_NO_MIC: Final = "django-pyas2's signed receipt for what was not signed says nothing of its bytes: refused as `mic-missing`"
REMARKS: Final = {
    **dict.fromkeys((3, 4, 11, 12, 27), _NO_MIC),
    18: "django-pyas2 makes every line end of what it sends CRLF",
    17: "django-pyas2 makes every line end of what it sends CRLF",
    21: "server certificates; neither product asks for ours",
    22: "neither product checks a password",
    24: "OpenAS2 leaves the header fields out of the MIC: `quirks: openas2`",
    32: "ECDSA and RSASSA-PSS: OpenAS2 reads them and does not write them",
    33: "OpenAS2 refuses RSAES-OAEP, and does not know GCM",
    73: "OpenAS2 answers with status 500, we with a receipt",
    82: "OpenAS2 takes a resent message for a new one",
}


def ways(cases: Sequence[Case], row: int) -> frozenset[Way]:
    """In which directions the row was exchanged."""
    return frozenset(way for case in cases if row in case.rows for way in (*case.ways, *case.scripted))


def both_ways(cases: Sequence[Case]) -> tuple[int, ...]:
    """Rows that were exchanged in both directions."""
    return tuple(row for row in ROWS if len(ways(cases, row)) == 2)


def table() -> str:
    """As Markdown; the lines that stand between the marks of the page."""
    lines = [
        f"{len(both_ways(ALL))} of 92 rows were exchanged with OpenAS2 2.10.1 in both directions, {len(both_ways(PYAS2))} with django-pyas2 1.2.3.",
        "→ we send, ← we receive. The first column: with a scripted partner of raw sockets whose messages OpenSSL makes, opens and verifies.",
        "",
        "| Row | scripted, OpenSSL | OpenAS2 | django-pyas2 | |",
        "|---|---|---|---|---|",
        *_rows(),
    ]
    return "\n".join(lines) + "\n"


def _rows() -> Iterator[str]:
    for row in ROWS:
        remark = "; ".join(filter(None, (WHY_NOT.get(row) or REMARKS.get(row, ""), ONE_WAY.get(row, ""))))
        yield f"| {row} | {_arrows(frozenset(tried()[row]))} | {_arrows(ways(ALL, row))} | {_arrows(ways(PYAS2, row))} | {remark} |"


def _arrows(found: frozenset[Way]) -> str:
    return " ".join(arrow for way, arrow in (("send", "→"), ("receive", "←")) if way in found) or "–"
