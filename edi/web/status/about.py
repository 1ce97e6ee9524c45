"""Who we are: our identifiers, our certificates with their last day, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from edi.store.store import moment
from edi.web.status.desk import Desk, Guest
from edi.web.status.documents import attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateLine:
    """One of our certificates; never its key."""

    use: str
    expires: str
    fingerprint: str
    data: bytes


def routes(desk: Desk) -> list[Route]:
    """The page and the certificates' downloads."""
    pages = About(desk)
    return [
        Route("/about", desk.looks(pages.show), methods=["GET"]),
        Route("/certificates/{number:int}", desk.looks(pages.certificate), methods=["GET"]),
    ]


class About:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, guest: Guest) -> Response:
        """The page."""
        us = self._desk.context.workspace.us
        return self._desk.page(
            "about.html",
            guest.request,
            guest,
            here="about",
            ids=[(one.kind.upper(), f"{one.value} {one.qualifier}".strip()) for one in us.ids],
            certificates=self._certificates(),
            contacts=us.contacts,
        )

    def certificate(self, guest: Guest) -> Response:
        """One certificate, as PEM."""
        found = self._certificates()
        number = int(guest.request.path_params["number"])
        if not 1 <= number <= len(found):
            raise HTTPException(404)
        return attachment(found[number - 1].data, f"certificate_{number}.pem", "application/x-pem-file")

    def _certificates(self) -> list[CertificateLine]:
        workspace = self._desk.context.workspace
        found = []
        for one in workspace.us.certificates:
            certificate = _load((workspace.folder / one.file).read_bytes())
            found.append(
                CertificateLine(
                    use=", ".join(one.use),
                    expires=moment(certificate.not_valid_after_utc),
                    fingerprint=certificate.fingerprint(SHA256()).hex(),
                    data=certificate.public_bytes(Encoding.PEM),
                )
            )
        return found


def _load(data: bytes) -> x509.Certificate:
    """PEM or DER."""
    return x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)
