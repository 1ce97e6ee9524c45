"""The message integrity check: which bytes it covers, and how it is written (RFC 4130 section 7.3.1, RFC 5402 section 4)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from edi.channels.as2.agreement import MICALG_SPELLINGS
from edi.formats.cms import digest_name
from edi.formats.cms.signed import digest_of
from edi.slices import Slice


@dataclass(frozen=True, slots=True)
class Mic:
    """A digest over what was sent or received."""

    value: bytes
    digest: str
    """sha1 | sha256 | sha384 | sha512."""

    def write(self, spelling: str) -> str:
        """As `Received-Content-MIC` carries it."""
        return f"{base64.b64encode(self.value).decode('ascii')}, {MICALG_SPELLINGS[spelling][self.digest]}"


def over(covered: Slice, digest: str) -> Mic:
    """The MIC over these bytes."""
    return Mic(digest_of(covered.chunks(), digest), digest)


def read_mic(field: str) -> Mic | str | None:
    """The MIC of a receipt, however it is spaced, folded or spelled; the algorithm's name alone if we have no such digest; None if there is none."""
    value, comma, algorithm = "".join(field.split()).rpartition(",")
    if not comma:
        return None
    digest = digest_name(algorithm)
    if digest is None:
        return algorithm
    try:
        return Mic(base64.b64decode(value, validate=True), digest)
    except binascii.Error:
        return None
