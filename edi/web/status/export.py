"""A document in other formats, by the shipped mappings: UBL, EDIFACT, JSON and CSV; what a format cannot say is named beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final, cast

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from edi import mapping
from edi.errors import EdiError
from edi.findings import Finding
from edi.formats.edifact.envelope import MessageIdentifier
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import OutMessage, write_interchange
from edi.formats.json import writer as json_writer
from edi.library import READERS, envelope_of
from edi.mapping import Spoke
from edi.mapping.nodes import EdifactSyntax
from edi.mapping.result import Document
from edi.store.partner_entries import Detail
from edi.web.status.desk import Desk, Guest
from edi.web.status.documents import EXPORTED, attachment, document_of, harmless, named, table
from edi.workspace.loss import losses
from edi.workspace.program_cache import programs_of

SUFFIXES: Final = {"ubl": "xml", "edifact": "edi", "json": "json", "csv": "csv"}
TYPES: Final = {"ubl": "application/xml", "edifact": "application/edifact", "json": "application/json", "csv": "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The document in one format."""

    format: str
    data: bytes | None
    """None: it cannot be written so."""
    lost: tuple[str, ...]
    """Fields of the document that it does not say."""
    why: str = ""
    """Key of the catalogue, where it cannot be written."""


def routes(desk: Desk) -> list[Route]:
    """The formats there are, and each as a file."""
    exports = Exports(desk)
    return [
        Route("/documents/{name}/export", desk.looks(exports.show), methods=["GET"]),
        Route("/documents/{name}/export/{format}", desk.looks(exports.take), methods=["GET"]),
    ]


class Exports:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, guest: Guest) -> Response:
        """Every format, and what it leaves out."""
        detail, document = self._document(guest)
        self._desk.looked(guest, detail.entry.name, "page_looked_at", page="export")
        found = [made(document, name) for name in SUFFIXES]
        return self._desk.page(
            "export.html", guest.request, guest, here="documents", name=detail.entry.name, entry=detail.entry, found=found
        )

    def take(self, guest: Guest) -> Response:
        """The file."""
        wanted = str(guest.request.path_params["format"])
        if wanted not in SUFFIXES:
            raise HTTPException(404)
        detail, document = self._document(guest)
        export = made(document, wanted)
        if export.data is None:
            raise HTTPException(404)
        self._desk.taken(guest, detail.entry.name, format=wanted, lost=len(export.lost))
        return attachment(export.data, f"{detail.entry.kind}_{detail.entry.number}.{SUFFIXES[wanted]}", TYPES[wanted])

    def _document(self, guest: Guest) -> tuple[Detail, Document]:
        """The document as its kind has it. Raises HTTPException 404 where there is none."""
        with self._desk.view(guest) as view:
            detail = named(guest, view)
            kept = document_of(view, detail.document_sha256)
        kind = detail.entry.kind or ""
        if kept is None or kind not in EXPORTED:
            raise HTTPException(404)
        # Kept numbers are text; our own JSON mapping of the kind gives them their types back.
        outcome = _spoke(f"erp-{kind.replace('_', '-')}").read(kept)
        if outcome.value is None:
            raise HTTPException(404)
        return detail, outcome.value.document


def made(document: Document, wanted: str) -> Export:
    """The document in a format."""
    kind = str(document.get("kind"))
    match wanted:
        case "json":
            return Export(format=wanted, data=json_writer.write(document) + b"\n", lost=())
        case "csv":
            return _as_csv(document)
        case _:
            return _by_mapping(document, wanted, _spoke(READERS[wanted, kind]))


def _by_mapping(document: Document, wanted: str, spoke: Spoke) -> Export:
    outcome = spoke.write(document)
    if outcome.value is None:
        return Export(format=wanted, data=None, lost=(), why="export.impossible")
    lost = dict.fromkeys(losses(spoke.kind, document, spoke.bound(), ()))
    lost |= dict.fromkeys(one.where.path for one in outcome.findings if _is_loss(one) and one.where.path)
    output = outcome.value.output
    if not isinstance(spoke.syntax, EdifactSyntax):
        assert isinstance(output, bytes), "UBL is written whole"
        return Export(format=wanted, data=output, lost=tuple(lost))
    try:
        envelope = envelope_of(document)
    except EdiError:
        return Export(format=wanted, data=None, lost=(), why="export.no_gln")
    message = OutMessage(reference="1", identifier=_identifier(spoke.syntax), segments=cast("list[Segment]", output))
    return Export(format=wanted, data=write_interchange(envelope, [message]), lost=tuple(lost))


def _is_loss(finding: Finding) -> bool:
    return finding.code == "mapping.lost"


def _identifier(syntax: EdifactSyntax) -> MessageIdentifier:
    version, _, release = syntax.versions[0].partition(".")
    association = syntax.association_of(syntax.versions[0])
    return MessageIdentifier(type=syntax.message, version=version, release=release, agency="UN", association=association)


def _as_csv(document: Document) -> Export:
    """A row for each line with the head repeated; lists within either find no column."""
    lost: dict[str, None] = {}
    head = dict(_columns(document, "", lost))
    lines = document.get("lines")
    rows = [dict(_columns(line, "lines.", lost)) for line in (lines if isinstance(lines, list) else ()) if isinstance(line, Mapping)]
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    cells = [[*head, *columns], *([*head.values(), *(row.get(column, "") for column in columns)] for row in rows or [{}])]
    return Export(format="csv", data=table(cells, cleaned=str), lost=tuple(lost))


def _columns(value: Mapping[str, object], above: str, lost: dict[str, None]) -> Iterator[tuple[str, str]]:
    """Dotted paths and values. What stands in lists is added to `lost`."""
    for name, inner in value.items():
        path = f"{above}{name}"
        match inner:
            case Mapping():
                yield from _columns(inner, f"{path}.", lost)
            case list() | tuple():
                if path != "lines" and inner:
                    lost[path] = None
            case Decimal():
                yield path, format(inner, "f")  # a number of ours is no formula, even with a minus before it
            case bool():
                yield path, str(inner).lower()
            case None:
                pass
            case _:
                yield path, harmless(str(inner))


@cache
def _spoke(name: str) -> Spoke:
    return mapping.load(name, cache=programs_of())
