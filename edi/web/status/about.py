"""Who we are: our identifiers, both sides' certificates with their last day, and whom to ask.

Rule: a certificate that is handed in here is used for nothing before an operator activates it (`edi cert activate`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from edi.channels import as2, email
from edi.errors import ConfigError
from edi.formats.cms import Certificate
from edi.store import people
from edi.store.store import moment
from edi.web.status.desk import Desk, Guest
from edi.web.status.documents import attachment
from edi.web.status.forms import Form
from edi.workspace.model import ChannelFile

BODY_BYTES_MAX: Final = 64 * 1024
SOON: Final = timedelta(days=60)
LOG = structlog.get_logger("edi.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateLine:
    """One certificate; never its key."""

    use: str
    """Keys of the catalogue, with spaces."""
    expires: str
    ends: str
    """`soon`, `over` or empty."""
    fingerprint: str
    data: bytes


def routes(desk: Desk) -> list[Route]:
    """The page, our certificates' downloads, and handing in theirs."""
    pages = About(desk)
    return [
        Route("/about", desk.looks(pages.show), methods=["GET"]),
        Route("/certificates/{number:int}", desk.looks(pages.certificate), methods=["GET"]),
        Route("/certificate", desk.acts(pages.hand_in, bytes_max=BODY_BYTES_MAX), methods=["POST"]),
    ]


class About:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, guest: Guest, *, said: str = "") -> Response:
        """The page. `said`: key of the catalogue, what became of what was handed in."""
        us = self._desk.context.workspace.us
        with self._desk.context.store.reading() as view:
            staged = people.staged(view, guest.partner.name, count_max=10)
        self._desk.looked(guest, guest.partner.name, "page_looked_at", page="about")
        return self._desk.page(
            "about.html",
            guest.request,
            guest,
            here="about",
            ids=[(one.kind.upper(), f"{one.value} {one.qualifier}".strip()) for one in us.ids],
            certificates=self._ours(guest),
            theirs=self._theirs(guest),
            staged=staged,
            may_hand_in=guest.user is not None and guest.user.certificates,
            said=said,
            contacts=us.contacts,
        )

    def certificate(self, guest: Guest) -> Response:
        """One of ours, as PEM."""
        found = self._ours(guest)
        number = int(guest.request.path_params["number"])
        if not 1 <= number <= len(found):
            raise HTTPException(404)
        self._desk.taken(guest, guest.partner.name, "page_certificate_taken", sha256=found[number - 1].fingerprint)
        return attachment(found[number - 1].data, f"certificate_{number}.pem", "application/x-pem-file")

    def hand_in(self, guest: Guest, form: Form) -> Response:
        """Stage a certificate; a file with a private key in it is refused and not kept."""
        if guest.user is None or not guest.user.certificates:
            raise HTTPException(403)
        return self.show(guest, said=self._stage(guest, form.file or form.fields.get("pem", "").encode()))

    def _stage(self, guest: Guest, data: bytes) -> str:
        """Key of the catalogue that says what became of it."""
        if b"PRIVATE KEY" in data:
            return "certificate.private"
        try:
            found = Certificate.load(data)
        except ConfigError:
            return "certificate.none"
        if found.valid_until <= self._desk.context.clock.now():
            return "certificate.expired"
        with self._desk.writing(guest) as transaction:
            number = people.stage(
                transaction,
                partner=guest.partner.name,
                person=guest.session.person,
                pem=found.pem().decode(),
                fingerprint=found.fingerprint,
                subject=found.subject[:300],
                expires=moment(found.valid_until),
            )
        return "certificate.staged" if number else "certificate.waiting"

    def _ours(self, guest: Guest) -> list[CertificateLine]:
        """Those of our own file, and those of the channels with this partner."""
        own = [(" ".join(one.use), one.file) for one in self._desk.context.workspace.us.certificates]
        return self._lines([*own, *self._of_channels(guest, "ours")])

    def _theirs(self, guest: Guest) -> list[CertificateLine]:
        own = [(" ".join(one.use), one.file) for one in guest.partner.certificates]
        return self._lines([*own, *self._of_channels(guest, "theirs")])

    def _of_channels(self, guest: Guest, side: str) -> Iterator[tuple[str, str]]:
        for channel in self._desk.context.workspace.channels.values():
            if channel.partner == guest.partner.name:
                for file in _files(channel, side):
                    yield channel.kind, file

    def _lines(self, found: list[tuple[str, str]]) -> list[CertificateLine]:
        """Each certificate once; a file that cannot be read is our trouble, not the partner's."""
        folder, now = self._desk.context.workspace.folder, self._desk.context.clock.now()
        lines: dict[str, CertificateLine] = {}
        for use, file in found:
            try:
                one = Certificate.load((folder / file).read_bytes())
            except (ConfigError, OSError) as error:
                LOG.warning("certificate_not_shown", file=file, reason=str(error))
                continue
            ends = "over" if one.valid_until <= now else "soon" if one.valid_until <= now + SOON else ""
            line = CertificateLine(use=use, expires=moment(one.valid_until), ends=ends, fingerprint=one.fingerprint, data=one.pem())
            lines.setdefault(one.fingerprint, line)
        return list(lines.values())


def _files(channel: ChannelFile, side: str) -> list[str]:
    """The certificate files of a channel, ours or theirs; keys are not touched."""
    settings = channel.settings
    if isinstance(settings, as2.Settings):
        return [one.certificate for one in (settings.ours if side == "ours" else settings.theirs)]
    if isinstance(settings, email.Settings) and settings.smime is not None:
        return list(settings.smime.theirs) if side == "theirs" else [settings.smime.certificate] if settings.smime.certificate else []
    return []
