"""The engine's translator: mappings of the workspace, loaded once each; the shipped ones where the workspace has none of that name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from edi.documents import fields
from edi.engine.content import Document, Reading, ReadMessage, Unmapped, Written
from edi.engine.mapping_versions import kept_files, version_of
from edi.engine.ports import Clock
from edi.engine.reading import EdifactContent
from edi.errors import ConfigError
from edi.findings import Finding, Outcome
from edi.formats.edifact.envelope import MessageIdentifier
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import write_segments
from edi.mapping.expressions import compile_expression
from edi.mapping.nodes import EdifactSyntax, UblSyntax
from edi.mapping.problems import Refused
from edi.mapping.result import Context, Writing
from edi.mapping.runtime import NAMESPACE, NONE
from edi.mapping.source import UsedFiles, shipped_files
from edi.mapping.spoke import Spoke, load
from edi.ports import CrossReference
from edi.workspace.loss import loss_findings
from edi.workspace.model import Route
from edi.workspace.workspace import Workspace
from edi.workspace.xref import CrossReferences

Condition = Callable[[object, object, object], object]
CONTENT_TYPES = {"edifact": "application/edifact", "ubl": "application/xml", "json": "application/json", "csv": "text/csv"}
SUFFIXES = {"edifact": ".edi", "ubl": ".xml", "json": ".json", "csv": ".csv"}


class Mappings:
    """Implements `edi.engine.content.Translator`. A changed workspace gets a new one."""

    def __init__(
        self,
        workspace: Workspace,
        clock: Clock,
        *,
        trace: bool = True,
        texts: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._workspace = workspace
        self._clock = clock
        self._trace = trace
        """False: what found no place is not looked for, which is faster."""
        self._kept = texts
        """Mappings that are loaded from kept texts."""
        self._spokes: dict[str, Spoke] = {}
        self._texts: dict[str, str] = {}
        self._tables: dict[str, CrossReferences] = {}
        self._carried: dict[str, frozenset[str]] = {}
        self._versions: dict[str, str] = {}
        self._conditions: dict[tuple[str, str], Condition] = {}

    def read(self, mapping: str, message: ReadMessage, *, partner: str | None) -> Outcome[Reading]:
        """The canonical document of a message. Raises ConfigError if the mapping cannot be loaded."""
        spoke, content = self.spoke(mapping), message.content
        release = None
        if isinstance(content, EdifactContent):
            release, content = content.message.identifier.directory, content.tree
        fitting = _misfit(spoke, message)
        if fitting is not None:
            return Outcome(None, (fitting,))
        outcome = spoke.read(content, trace=self._trace, xref=self._xref(mapping, partner), context=self._context(), release=release)
        if outcome.value is None:
            return Outcome(None, outcome.findings)
        unmapped = tuple(Unmapped(where=str(one.where), value=one.value) for one in outcome.value.unmapped)
        document = cast("Document", outcome.value.document)
        return Outcome(Reading(document=document, unmapped=unmapped), outcome.findings)

    def write(self, mapping: str, document: Document, *, message_type: str | None, partner: str | None) -> Outcome[Written]:
        """The document in an output syntax. Raises ConfigError if the mapping cannot be loaded."""
        spoke = self.spoke(mapping)
        identifier = _identifier(spoke.syntax, message_type)
        release = identifier.directory if identifier else None
        # The engine's documents hold what mappings put there; each side names its own type for values.
        outcome = spoke.write(document, release=release, context=self._context(), xref=self._xref(mapping, partner))  # type: ignore[arg-type]
        if outcome.value is None:
            return Outcome(None, outcome.findings)
        return Outcome(_written(spoke, outcome.value, identifier), outcome.findings)

    def losses(self, route: Route, mapping: str, document: Document) -> tuple[Finding, ...]:
        """For documents of our own house, which may hold any field; what messages of others lose, `edi check` foresees."""
        output = self.spoke(mapping)
        if not self.spoke(route.read).document_itself or output.document_itself:
            return ()
        if mapping not in self._carried:
            self._carried[mapping] = output.bound()
        return loss_findings(
            str(document.get("kind")), document, self._carried[mapping], route.accept_loss, mapping=mapping, route=route.name
        )

    def holds(self, expression: str, document: Document) -> bool:
        """Whether a route's condition holds. Raises ConfigError for one that cannot be read."""
        kind = str(document.get("kind"))
        condition = self._conditions.get((kind, expression))
        if condition is None:
            condition = self._conditions[kind, expression] = _compile(expression, kind)
        try:
            return condition(document, document, None) is True
        except ValueError:
            return False  # an operand is missing or is no number: what is missing is false in conditions

    def version(self, mapping: str) -> str:
        """`orders-eancom#1a2b3c4d5e6f`: name and hash of all the files it was loaded from. Raises ConfigError if it cannot be loaded."""
        if mapping not in self._versions:
            self._versions[mapping] = version_of(mapping, self.text(mapping))
        return self._versions[mapping]

    def text(self, mapping: str) -> str:
        """Every file the mapping was loaded from, as one text. Raises ConfigError if it cannot be loaded."""
        self.spoke(mapping)
        return self._texts[mapping]

    def as_of(self, texts: Mapping[str, str]) -> Mappings:
        """One that loads the named mappings from kept texts and the others as this one does."""
        return Mappings(self._workspace, self._clock, trace=self._trace, texts=texts)

    def spoke(self, mapping: str) -> Spoke:
        """The loaded mapping. Raises ConfigError with everything that is wrong in its file."""
        if mapping not in self._spokes and mapping not in self._kept and mapping in self._workspace.loaded:
            self._spokes[mapping], self._texts[mapping] = self._workspace.loaded[mapping]
        if mapping not in self._spokes:
            files = UsedFiles(kept_files(self._kept[mapping]) if mapping in self._kept else self.files)
            programs = None if mapping in self._kept else self._workspace.programs
            spoke = load(mapping, files, tables=self._workspace.table_source, cache=programs)
            self._texts[mapping] = self._kept.get(mapping) or files.text(self._workspace.xref.texts(spoke.cross_references()))
            self._spokes[mapping] = spoke
        return self._spokes[mapping]

    def files(self, name: str) -> tuple[str, str] | None:
        """Path and text of a mapping file or of a table beside it: the workspace's, otherwise the shipped one."""
        return self._workspace.mapping_text(name) or shipped_files(name)

    def _xref(self, mapping: str, partner: str | None) -> CrossReference:
        """Of a kept mapping, the tables that were kept with it."""
        if mapping in self._kept and mapping not in self._tables:
            self._tables[mapping] = CrossReferences.of_kept(self._kept[mapping])
        return self._tables.get(mapping, self._workspace.xref).on(self._clock.now().date(), partner)

    def _context(self) -> Context:
        return Context(values={"now": self._clock.now().isoformat(), "us": self._workspace.us.name})


def _misfit(spoke: Spoke, message: ReadMessage) -> Finding | None:
    """Why a mapping cannot read a message at all; None if it can."""
    wanted = _syntax_name(spoke)
    if wanted == message.syntax:
        return None
    text = f"mapping {spoke.name!r} reads {wanted}, and this is {message.syntax}"
    return Finding(code="mapping.other_syntax", text=text, hint="name another mapping in the route's `read`, or narrow the route's `from`")


def _syntax_name(spoke: Spoke) -> str:
    return {"EdifactSyntax": "edifact", "UblSyntax": "ubl", "JsonSyntax": "json", "CsvSyntax": "csv"}[type(spoke.syntax).__name__]


def _identifier(syntax: object, message_type: str | None) -> MessageIdentifier | None:
    """The message as agreed if it is this one, else as the mapping says first; None for other syntaxes."""
    if not isinstance(syntax, EdifactSyntax):
        return None
    agreed = MessageIdentifier.from_text(message_type) if message_type else None
    if agreed is not None and agreed.type == syntax.message:
        return agreed
    version, _, release = syntax.versions[0].partition(".")
    association = syntax.association_of(syntax.versions[0])
    return MessageIdentifier(type=syntax.message, version=version, release=release, agency="UN", association=association)


def _written(spoke: Spoke, writing: Writing, identifier: MessageIdentifier | None) -> Written:
    name, output = _syntax_name(spoke), writing.output
    if identifier is not None:
        segments = cast("list[Segment]", output)
        return _made(name, str(identifier), segments, write_segments(segments, encoding="utf-8"))
    body = spoke.as_bytes(output)
    syntax = spoke.syntax
    type_ = f"{syntax.root}:{syntax.version}" if isinstance(syntax, UblSyntax) else f"{name}:{spoke.kind}"
    return _made(name, type_, body, body, value=None if isinstance(output, bytes) else output)


def _made(syntax: str, type_: str, body: object, canonical: bytes, value: object = None) -> Written:
    content_type, suffix = CONTENT_TYPES[syntax], SUFFIXES[syntax]
    return Written(syntax=syntax, type=type_, body=body, canonical=canonical, content_type=content_type, suffix=suffix, value=value)


def _compile(expression: str, kind: str) -> Condition:
    try:
        compiled = compile_expression(expression, fields(kind), fields(kind))
    except Refused as error:
        raise ConfigError(f"the condition {expression!r} cannot be read: {error}", hint="`edi check` points at the place") from error
    if compiled.from_context:
        raise ConfigError(
            f"the condition {expression!r} depends on the day it is asked", hint="a route must give the same answer at a replay"
        )
    namespace: dict[str, object] = {**NAMESPACE, "NONE": NONE}
    return cast("Condition", eval(f"lambda o, root, x: {compiled.python}", namespace))  # noqa: S307 -- our own compiler's output
