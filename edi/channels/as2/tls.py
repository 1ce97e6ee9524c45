"""Failed connections in one sentence: which certificate, whose side, until when, and what to do."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from edi.channels.reasons import why_not
from edi.errors import ConfigError
from edi.formats.cms import Certificate

LOOK_SECONDS: Final = 5.0


def why_refused(url: str, error: Exception) -> tuple[str, str | None]:
    """Sentence and hint about a connection that did not come to stand."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    said = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return _about_certificate(host, port, said)
    if "ALERT" in said.upper() and "CERTIFICATE" in said.upper():
        return f"{host} refused our client certificate: {said}", "send the partner the certificate of `tls: certificate`, or renew it"
    if "SSL" in said.upper() or "TLS" in said.upper():
        return f"no encrypted connection with {host}:{port} came about: {said}", "does the address speak TLS 1.2 or newer?"
    reason, hint = why_not(said or "timed out")
    return f"no connection with {host}:{port}: {reason}", hint


def _about_certificate(host: str, port: int, said: str) -> tuple[str, str]:
    shown = _shown_by(host, port)
    if shown is None:
        return f"the TLS certificate of {host}:{port} was refused: {said}", "`tls: ca` names the file with the certificates you trust"
    named = f"the TLS certificate that {host}:{port} shows ({shown.subject}, until {shown.valid_until:%Y-%m-%d})"
    if shown.valid_until < datetime.now(UTC):
        return f"{named} has expired", "the partner must renew it on its server; nothing was sent"
    if "mismatch" in said.lower() or "not valid for" in said.lower():
        return f"{named} is not for that host name", "correct the host in `url`, or ask the partner for a certificate with this name"
    if "self-signed" in said.lower() or "self signed" in said.lower():
        return f"{named} is signed by itself and not trusted", "compare its fingerprint with the partner, then name its file in `tls: ca`"
    return f"{named} is signed by nobody we trust", "name the file with its issuer's certificate in `tls: ca`"


def _shown_by(host: str, port: int) -> Certificate | None:
    """What the server shows, only to be described; nothing is sent over that connection."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), LOOK_SECONDS) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
            der = secure.getpeercert(binary_form=True)
            return Certificate.load(der) if der else None
    except (OSError, ConfigError):
        return None
