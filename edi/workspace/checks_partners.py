"""Partners: ids belong to one, agreements are told apart, guides exist."""

from __future__ import annotations

from edi.documents import KINDS
from edi.findings import Severity
from edi.formats.edifact.codes import KINDS as EDIFACT_FINDINGS
from edi.formats.yaml.problem import suggest
from edi.workspace import guides
from edi.workspace.checks_users import check_users
from edi.workspace.files import Files
from edi.workspace.model import Agreement, Identity, Partner
from edi.workspace.shapes import Shapes
from edi.workspace.tables import WorkspaceTables

TOLERABLE = frozenset(code.partition(".")[2] for code, kind in EDIFACT_FINDINGS.items() if kind.severity is Severity.ERROR)
"""What `tolerate` may name: the reader's errors, without their area."""


def check_partners(files: Files, shapes: Shapes) -> None:
    """All partners, us included."""
    owners: dict[tuple[str, ...], str] = {}
    for name, partner in shapes.partners.items():
        path = shapes.paths["partner", name]
        for index, identity in enumerate(partner.ids):
            _check_identity(files, path, index, identity, owners, name)
        _check_agreements(files, shapes, path, partner)
        _check_certificates(files, path, partner)
        check_users(files, shapes, path, partner)


def _check_identity(files: Files, path: str, index: int, identity: Identity, owners: dict[tuple[str, ...], str], name: str) -> None:
    """By these ids senders are recognised, so two partners cannot have one."""
    if identity.kind == "number":
        return
    key = (identity.kind, identity.value.casefold() if identity.kind == "email" else identity.value, identity.qualifier, identity.address)
    owner = owners.setdefault(key, name)
    if owner != name:
        text = f"the {identity.kind} id {identity.value!r} is also that of partner {owner!r}"
        files.complain(path, ("ids", index), text, hint="a sender is recognised by it; leave it with one of them", code="config.identity")


def _check_agreements(files: Files, shapes: Shapes, path: str, partner: Partner) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for index, agreement in enumerate(partner.agreements):
        where = ("agreements", index)
        key = (agreement.kind, agreement.direction, agreement.message)
        if seen.setdefault(key, index) != index:
            files.complain(
                path, where, f"{' '.join(key)} was agreed twice with {partner.name!r}", hint="keep one of them", code="config.agreement"
            )
        if agreement.kind not in KINDS:
            files.complain(
                path,
                (*where, "kind"),
                f"unknown document kind {agreement.kind!r}",
                hint=suggest(agreement.kind, KINDS),
                code="config.reference",
            )
        _check_channel(files, shapes, path, (*where, "channel"), agreement)
        _check_guide(files, shapes, path, (*where, "guide"), agreement)
        for position, reason in enumerate(agreement.tolerate):
            if reason not in TOLERABLE:
                text = f"nothing called {reason!r} can be tolerated"
                files.complain(path, (*where, "tolerate", position), text, hint=suggest(reason, TOLERABLE), code="config.reference")


def _check_channel(files: Files, shapes: Shapes, path: str, where: tuple[str | int, ...], agreement: Agreement) -> None:
    if (
        agreement.channel is not None
        and agreement.channel not in shapes.channels
        and not _could_not_be_read(files, "channels", agreement.channel)
    ):
        hint = suggest(agreement.channel, shapes.channels)
        files.complain(path, where, f"there is no channel {agreement.channel!r}", hint=hint, code="config.reference")


def _could_not_be_read(files: Files, folder: str, name: str) -> bool:
    return f"{folder}/{name}.yaml" in files.hashes


def _check_guide(files: Files, shapes: Shapes, path: str, where: tuple[str | int, ...], agreement: Agreement) -> None:
    if agreement.guide is None:
        return
    if agreement.syntax != "edifact":
        files.complain(path, where, f"a guide narrows an EDIFACT message, and {agreement.message!r} is none", code="config.agreement")
        return
    guide_path = f"schemas/edifact/guides/{agreement.guide}.yaml"
    tables = WorkspaceTables(files.folder, files.digest())
    if tables.read(*guide_path.split("/")) is None:
        files.complain(path, where, f"there is no guide {agreement.guide!r}", hint=f"it would be {guide_path}", code="config.reference")
        return
    guide, problems = guides.examine(agreement.guide, tables)
    files.problems += problems
    if guide is not None:
        shapes.guides[guide.name] = guide
    if guide is not None and guide.message != agreement.message:
        text = f"the guide {agreement.guide!r} is for {guide.message}, the agreement for {agreement.message}"
        files.complain(path, where, text, hint="agree on the message the guide is written for", code="config.agreement")


def _check_certificates(files: Files, path: str, partner: Partner) -> None:
    for index, certificate in enumerate(partner.certificates):
        if not (files.folder / certificate.file).is_file():
            where = ("certificates", index, "file")
            files.complain(
                path,
                where,
                f"the certificate {certificate.file!r} is not there",
                hint="paths begin at the workspace's folder",
                code="config.file",
            )
