"""Our own outputs, checked as if we had received them: what we would refuse from others we do not send."""

from __future__ import annotations

from datetime import datetime

from edi import documents
from edi.engine.content import Document, Written
from edi.engine.context import Context
from edi.engine.guided import guide_findings
from edi.engine.reading import check_edifact, check_ubl
from edi.engine.seal import References, envelope_values, out_message, parties
from edi.findings import Finding, Location, has_errors
from edi.formats.edifact import reader as edifact_reader
from edi.formats.edifact import writer as edifact_writer
from edi.formats.edifact.charset import Policy
from edi.formats.json import reader as json_reader
from edi.workspace.model import Agreement, Partner

PLACEHOLDER = References(interchange="1", message="1")
"""Real references are taken when the output is stored; these are as good for checking."""


def check_output(
    context: Context,
    written: Written,
    *,
    agreement: Agreement | None,
    partner: Partner | None,
    now: datetime,
    document: Document | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with an output; reads it back from its bytes. `document`: what it was made of, if that was found good."""
    if written.syntax == "edifact":
        return _check_edifact(context, written, agreement, partner, now)
    assert isinstance(written.body, bytes), "every syntax but EDIFACT is written whole"
    if written.syntax == "ubl":
        found = check_ubl(written.body, context.workspace.table_source)
        return found if has_errors(found) else (*found, *context.checks.written(written, agreement, now.date()))
    return _check_json(written, document)


def _check_edifact(
    context: Context, written: Written, agreement: Agreement | None, partner: Partner | None, now: datetime
) -> tuple[Finding, ...]:
    if agreement is None or partner is None:
        text = f"{written.type!r} is to be sent, but nothing was agreed with its receiver about the envelope"
        hint = "send it through a partner's channel, and add an agreement with `direction: out` to the partner's file"
        return (Finding(code="agreement.no_envelope", text=text, value=written.type, hint=hint),)
    sender, recipient = parties(context.workspace, agreement, partner)
    envelope = envelope_values(agreement, partner, sender, recipient, PLACEHOLDER, now, test=False)
    messages = [out_message(written, envelope, PLACEHOLDER, group=agreement.envelope.group)]
    outcome = edifact_writer.write(envelope, messages, policy=Policy(agreement.characters))
    if outcome.value is None:
        return outcome.findings
    interchanges = edifact_reader.read(outcome.value).value or ()
    findings = [finding for interchange in interchanges for finding in interchange.findings]
    for interchange in interchanges:
        for message in interchange.messages:
            tree, found = check_edifact(message, context.workspace.table_source)
            findings += (*found, *guide_findings(context.workspace, agreement, tree, message.reference))
    return (*outcome.findings, *findings)


def _check_json(written: Written, document: Document | None) -> tuple[Finding, ...]:
    assert isinstance(written.body, bytes), "JSON is bytes"
    outcome = json_reader.read(written.body)
    if not isinstance(outcome.value, dict):
        return outcome.findings or (Finding(code="json.no_object", text="the output is not an object", where=Location()),)
    if document is not None and written.value == document:
        return outcome.findings  # the document itself, which was judged as one before
    kind = outcome.value.get("kind")
    if isinstance(kind, str) and kind in documents.KINDS:
        return (*outcome.findings, *documents.validate(kind, outcome.value))
    return outcome.findings
