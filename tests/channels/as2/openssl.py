"""OpenSSL's `cms` command as the partner's software: a judge that is not us."""

from __future__ import annotations

import base64
import shutil
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import cms

from tests.channels.as2.rig import As2House, pem_key

OPENSSL = shutil.which("openssl")


@dataclass
class OpenSsl:
    """The command, with the keys of both sides as files."""

    folder: Path
    house: As2House

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        for name, identity in (("us", self.house.us), ("them", self.house.them)):
            (self.folder / f"{name}.pem").write_bytes(identity.certificate.pem())
            (self.folder / f"{name}.key").write_bytes(pem_key(identity))

    def __call__(self, *arguments: str, data: bytes) -> bytes:
        assert OPENSSL is not None
        done = subprocess.run([OPENSSL, "cms", *arguments], input=data, capture_output=True, cwd=self.folder, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    # -- what the partner makes with it --------------------------------------------------------------------------------

    def signed(self, part: bytes, *, digest: str = "sha256", more: Sequence[str] = (), micalg: str | None = None) -> tuple[str, bytes]:
        der = self("-sign", "-binary", "-md", digest, "-signer", "them.pem", "-inkey", "them.key", "-outform", "DER", *more, data=part)
        head = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        body = b"\r\n".join(
            [b"--b0undary", part, b"--b0undary", head + base64.encodebytes(der).replace(b"\n", b"\r\n") + b"--b0undary--", b""]
        )
        kind = f'multipart/signed; protocol="application/pkcs7-signature"; micalg={micalg or digest}; boundary=b0undary'
        return kind, body

    def encrypted(self, kind: str, body: bytes, *, cipher: str = "aes-256-cbc", more: Sequence[str] = ()) -> tuple[str, bytes]:
        part = f"Content-Type: {kind}\r\n\r\n".encode() + body
        der = self("-encrypt", "-binary", f"-{cipher}", "-outform", "DER", *more, "-recip", "us.pem", data=part)
        return 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', der

    def compressed(self, part: bytes, level: int = 6) -> tuple[str, bytes]:
        """By asn1crypto and zlib: Debian builds OpenSSL without compression."""
        inner = {"content_type": "data", "content": zlib.compress(part, level)}
        data = {"version": "v0", "compression_algorithm": {"algorithm": "zlib"}, "encap_content_info": inner}
        return "application/pkcs7-mime; smime-type=compressed-data", cms.ContentInfo(
            {"content_type": "compressed_data", "content": data}
        ).dump()

    # -- how the partner opens what we sent ----------------------------------------------------------------------------

    def opened(self, kind: str, body: bytes) -> tuple[bytes, bytes]:
        """The document's part, and what its MIC covers by RFC 4130 and RFC 5402."""
        part = f"Content-Type: {kind}\r\n\r\n".encode() + body
        if "signed" not in kind and "pkcs7-mime" not in kind:
            return part, body
        covered = None
        while (layer := self._layer(part)) is not None:
            name, part = layer
            covered = part if name == "signed" else covered
        return part, part if covered is None else covered

    def _layer(self, part: bytes) -> tuple[str, bytes] | None:
        head, _, body = part.partition(b"\r\n\r\n")
        kind = head.decode()
        if "compressed-data" in kind:
            content = cms.ContentInfo.load(body)["content"]["encap_content_info"]["content"]
            return "compressed", zlib.decompress(content.native)
        if "pkcs7-mime" in kind:
            return "encrypted", self("-decrypt", "-binary", "-inform", "DER", "-inkey", "them.key", "-recip", "them.pem", data=body)
        if "multipart/signed" in kind:
            return "signed", self._verified(kind, body)
        return None

    def _verified(self, kind: str, body: bytes) -> bytes:
        boundary = kind.partition('boundary="')[2].partition('"')[0]
        parts = body.split(b"--" + boundary.encode())
        content = parts[1][2:-2]
        (self.folder / "content").write_bytes(content)
        how = ("-binary", "-inform", "DER", "-content", "content", "-CAfile", "us.pem", "-purpose", "any", "-certfile", "us.pem")
        self("-verify", *how, data=base64.b64decode(parts[2].partition(b"\r\n\r\n")[2]))
        return content
