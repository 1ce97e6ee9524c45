"""The rule sets an agreement names for UBL documents: loaded when the first document needs them, run in a process of their own."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from edi.engine.content import ReadMessage, Written
from edi.engine.rules import RuleFolder, SaxonRunner, is_available
from edi.errors import ConfigError
from edi.findings import Finding
from edi.formats.ubl import reader as ubl_reader
from edi.formats.ubl import rules
from edi.formats.ubl.reader import UblDocument
from edi.formats.ubl.rules import RuleSet
from edi.workspace.model import Agreement
from edi.workspace.workspace import Workspace


class AgreedChecks:
    """The rules of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def received(self, message: ReadMessage, agreement: Agreement, day: date) -> tuple[Finding, ...]:
        """What the agreed rules have against a message. Raises ConfigError if they cannot be had."""
        return self._rules(message.content, agreement, day) if isinstance(message.content, UblDocument) else ()

    def written(self, written: Written, agreement: Agreement, day: date) -> tuple[Finding, ...]:
        """What the agreed rules have against an output of ours."""
        if written.syntax != "ubl" or not agreement.rules or not isinstance(written.body, bytes):
            return ()
        document = ubl_reader.read(written.body, tables=self._workspace.table_source).value
        return self._rules(document, agreement, day) if document is not None else ()

    def close(self) -> None:
        """End the process that runs rules, if there is one."""
        runner = self.__dict__.pop("_runner", None)
        if runner is not None:
            runner.close()

    def _rules(self, document: UblDocument, agreement: Agreement, day: date) -> tuple[Finding, ...]:
        if not agreement.rules:
            return ()
        if not is_available():
            raise ConfigError(
                "the agreement asks for business rules, which need the package saxonche", hint="pip install 'edi-engine[rules]'"
            )
        return rules.validate(document, [self._rule_set(name, day) for name in agreement.rules], self._runner)

    def _rule_set(self, name: str, day: date) -> RuleSet:
        """The set of that id, or the newest valid one of that family."""
        fitting = [one for one in self._rule_sets if name in {one.id, one.family} and one.is_valid_on(day)]
        if not fitting:
            raise ConfigError(
                f"no rule set {name!r} is valid on {day}", hint="`edi rules list` shows what is there, `edi rules add` adds one"
            )
        return max(fitting, key=lambda one: one.version)

    @cached_property
    def _rule_sets(self) -> tuple[RuleSet, ...]:
        return RuleFolder(self._workspace.folder).all_sets()

    @cached_property
    def _runner(self) -> SaxonRunner:
        return SaxonRunner(folder=RuleFolder(self._workspace.folder))
