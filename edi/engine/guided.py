"""Messages against the guide their agreement names (validation level 6): what comes in, and what we are about to send."""

from __future__ import annotations

from edi.findings import Finding
from edi.formats.edifact import guide
from edi.formats.edifact.structure import Group
from edi.workspace.model import Agreement
from edi.workspace.workspace import Workspace


def guide_findings(workspace: Workspace, agreement: Agreement | None, tree: Group | None, reference: str | None) -> tuple[Finding, ...]:
    """Where a message leaves the guide; nothing where no guide was agreed or the message has no tree."""
    found = workspace.guides.get(agreement.guide) if agreement is not None and agreement.guide else None
    if found is None or tree is None:
        return ()
    return guide.validate(found, tree, reference=reference)
