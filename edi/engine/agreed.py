"""The business rules for UBL documents of a workspace: loaded when the first document needs them, run in a process of their own.

`rules: auto` of an agreement takes what is for the document by its CustomizationID, ProfileID and the day; where nothing is there that
could run, that is a note. Names are what must be there: a document is held until they can be had.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property

from edi.engine.content import ReadMessage, Written
from edi.engine.rules import NOT_INSTALLED, RuleBook, RuleError, RuleFolder, is_available
from edi.errors import ConfigError
from edi.findings import Finding
from edi.formats.ubl import reader as ubl_reader
from edi.formats.ubl import rules
from edi.formats.ubl.reader import UblDocument
from edi.workspace.model import Agreement
from edi.workspace.workspace import Workspace


class AgreedChecks:
    """The rules of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def received(self, message: ReadMessage, agreement: Agreement, day: date) -> tuple[Finding, ...]:
        """What the rules have against a message (X18). Raises ConfigError if rules that were named cannot be had, or do not end."""
        return self._rules(message.content, agreement, day) if isinstance(message.content, UblDocument) else ()

    def written(self, written: Written, agreement: Agreement | None, day: date) -> tuple[Finding, ...]:
        """What the rules have against an output of ours; without an agreement those that are for the document."""
        if written.syntax != "ubl" or not isinstance(written.body, bytes) or (agreement is not None and agreement.rules in {"none", ()}):
            return ()
        document = ubl_reader.read(written.body, source="output", tables=self._workspace.table_source).value
        return self._rules(document, agreement, day) if document is not None else ()

    def close(self) -> None:
        """End the process that runs rules, if there is one."""
        book = self.__dict__.pop("_book", None)
        if book is not None:
            book.close()

    def _rules(self, document: UblDocument, agreement: Agreement | None, day: date) -> tuple[Finding, ...]:
        wanted = agreement.rules if agreement is not None else "auto"
        try:
            if wanted == "auto":
                return self._book.validate(document, day)
            return self._named(document, () if wanted == "none" else wanted, day)
        except RuleError as error:
            raise ConfigError(error.message, hint=error.hint) from error

    def _named(self, document: UblDocument, names: tuple[str, ...], day: date) -> tuple[Finding, ...]:
        if names and not is_available():
            raise ConfigError(f"the agreement names rules, and {NOT_INSTALLED}", hint="pip install 'edi-engine[rules]'")
        return rules.validate(document, [rules.named(self._book.sets, name, day) for name in names], self._book.runner)

    @cached_property
    def _book(self) -> RuleBook:
        return RuleBook(RuleFolder(self._workspace.folder))
