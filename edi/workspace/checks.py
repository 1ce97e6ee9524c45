"""What must fit between the operator's files. Each check adds problems; none stops another."""

from __future__ import annotations

from edi.workspace.checks_channels import check_channels
from edi.workspace.checks_notices import check_notices
from edi.workspace.checks_partners import check_partners
from edi.workspace.checks_routes import check_routes
from edi.workspace.checks_secrets import check_secrets
from edi.workspace.files import Files
from edi.workspace.shapes import Shapes


def check(files: Files, shapes: Shapes) -> None:
    """Every check over all files that could be typed; references to files that could not are not complained about twice."""
    check_secrets(files)
    check_partners(files, shapes)
    check_channels(files, shapes)
    check_notices(files, shapes)
    check_routes(files, shapes)
