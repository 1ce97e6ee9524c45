"""Channel kind `as2` (RFC 4130): documents signed, encrypted and acknowledged over HTTP, pushed both ways.

The protocol is pure functions, bytes in and bytes out: `opening`, `building`, `mdn`, `mic`. `sending` and `receiving` know the engine;
what listens is `edi.web.as2`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from edi.channels.as2.names import read_name, write_name
from edi.channels.kind import KindSettings, SecretReader
from edi.channels.settings import Seconds, Secret
from edi.engine.ports import Inbound, Offer
from edi.workspace.model import Risk

if TYPE_CHECKING:
    from edi.channels.as2.keys import Keys
    from edi.channels.as2.sending import As2Outbound

KIND = "as2"

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _name(value: str) -> str:
    try:
        write_name(value)
    except ValueError as error:
        raise ValueError(str(error)) from error
    if read_name(write_name(value)) != value:
        raise ValueError(f"{value!r} is no AS2 name: 1 to 128 printable ASCII characters")
    return value


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError(f"{url!r} is no address; write https://host/path, without user and password")
    return url


def _target(url: str) -> str:
    _url(url)
    if urlsplit(url).path not in {"", "/"}:
        raise ValueError(f"{url!r} names a path; write scheme, host and port only, e.g. https://as2.acme.example:4443")
    return url.rstrip("/")


def _no(value: object) -> object:
    """YAML's `sign: false` or `no` says the same as leaving it out says in Python."""
    return None if value is False or (isinstance(value, str) and value in {"no", "none", "false"}) else value


As2Name = Annotated[str, AfterValidator(_name)]
Url = Annotated[str, AfterValidator(_url)]
Target = Annotated[str, AfterValidator(_target)]
DigestName = Literal["sha256", "sha384", "sha512"]
StrongCipher = Literal["aes256-cbc", "aes192-cbc", "aes128-cbc", "aes256-gcm", "aes192-gcm", "aes128-gcm"]
CipherName = Literal[StrongCipher, "3des"]


class TheirCertificate(KindSettings):
    """A certificate of the partner, and from when until when we use it; several while they change over."""

    certificate: str = Field(min_length=1)
    """PEM or DER file, relative to the workspace."""
    valid_from: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _file_alone(cls, value: object) -> object:
        return {"certificate": value} if isinstance(value, str) else value


class OurCertificate(TheirCertificate):
    """A certificate of ours with its key."""

    key: Secret
    passphrase: Secret | None = None


class ReceiptSettings(KindSettings):
    """The receipt we ask for."""

    signed: bool = True
    asynchronous: Url | None = None
    """Our address for it; without one it comes in the answer to our request."""
    digests: tuple[DigestName, ...] = ("sha256",)
    within: Seconds = 4560
    """An asynchronous one is missed after so long, and the message sent again."""


class Accept(KindSettings):
    """What we take; less is answered with `insufficient-message-security`."""

    signed: bool = True
    encrypted: bool = True
    digests: tuple[Literal["sha1", "sha256", "sha384", "sha512"], ...] = get_args(DigestName)
    ciphers: tuple[CipherName, ...] = get_args(StrongCipher)
    file_names: Literal["any", "unique"] = "any"
    """`unique`: a document without a plain file name, or with one that came before, is refused, as EDIINT's FN profile has it."""


class QuirkSettings(KindSettings):
    """Deviations one by one, for software that no profile fits."""

    micalg: Literal["rfc5751", "rfc3851"] = "rfc5751"
    quote_filename: bool = True
    algorithm_protection: bool = True
    mic_of_headers: bool = True


class Basic(KindSettings):
    """HTTP Basic (RFC 7617)."""

    user: str
    password: Secret


class Tls(KindSettings):
    """The connection itself."""

    ca: str | None = None
    """File with the certificates that may sign the server's, relative to the workspace; without it, the system's."""
    certificate: Secret | None = None
    """Our client certificate with its private key, PEM (mutual TLS)."""


class Settings(KindSettings):
    """Keys of a channel of kind `as2`: one pair of AS2 names, and what was agreed for it."""

    us: As2Name
    them: As2Name
    url: Url | None = None
    """Where the partner receives; needed to send."""
    ours: tuple[OurCertificate, ...] = ()
    """To sign and to decrypt; several during a roll-over."""
    theirs: tuple[TheirCertificate, ...] = ()
    """To encrypt for and to verify by; several during a roll-over."""

    sign: Annotated[DigestName | None, BeforeValidator(_no)] = "sha256"
    pss: bool = False
    encrypt: Annotated[CipherName | None, BeforeValidator(_no)] = "aes256-cbc"
    """Triple DES (`3des`) is for partners whose software has nothing else, and a risk to be accepted."""
    oaep: bool = False
    compress: Literal["before_signing", "after_signing"] | None = None
    receipt: Annotated[ReceiptSettings | None, BeforeValidator(_no)] = ReceiptSettings()

    accept: Accept = Accept()
    receipt_targets: tuple[Target, ...] = ()
    """Where the partner may have asynchronous receipts sent: scheme, host and port."""
    quirks: Literal["standard", "before-2010", "sterling", "openas2", "plain-filename"] | QuirkSettings = "standard"
    timeout: Seconds = 180
    """So long we wait for the answer to a message."""
    tls: Tls = Tls()
    basic: Basic | None = None

    @model_validator(mode="after")
    def _enough(self, info: ValidationInfo) -> Settings:
        direction = (info.context or {}).get("direction")
        if direction in {"out", "both"} and self.url is None:
            raise ValueError("a channel that sends needs `url`, the partner's address")
        if self.us == self.them:
            raise ValueError(f"both sides are called {self.us!r}")
        if not self.ours and (self.sign or self.accept.encrypted):
            raise ValueError("`ours` names no certificate to sign or decrypt with; `edi cert create` makes one")
        if not self.theirs and (self.encrypt or self.accept.signed or (self.receipt and self.receipt.signed)):
            raise ValueError("`theirs` names no certificate of the partner; `edi cert import` takes the one they sent")
        return self

    def place(self) -> str:
        """The pair of names, and for sending the address."""
        return f"{self.us} to {self.them} at {self.url}" if self.url else f"{self.them} to {self.us}"

    def risks(self) -> tuple[Risk, ...]:
        """Documents readable on the way, and encryption that anybody could have written (T11)."""
        found = []
        clear = self.url is not None and self.url.startswith("http:") and urlsplit(self.url).hostname not in _LOOPBACK
        if clear and self.encrypt is None:
            found.append(Risk(name="clear_text", field="url", text=f"{self.url} carries documents readable for everybody on the way"))
        if self.accept.encrypted and not self.accept.signed:
            found.append(
                Risk(name="unsigned", field="accept", text="anybody with our certificate can send documents in the partner's name")
            )
        if self.encrypt == "3des":
            found.append(Risk(name="weak_cipher", field="encrypt", text="triple DES is broken by who can wait long enough"))
        return tuple(found)


class Pushed:
    """The receiving end as polling sees it: nothing lies ready anywhere, the partner calls us."""

    def __init__(self, keys: Callable[[], Keys]) -> None:
        self._keys = keys

    def probe(self) -> Iterator[str]:
        """Load the certificates, and say who calls whom."""
        from edi.channels.as2.preflight import stages_in_words  # noqa: PLC0415 -- settings stay cheap to import

        keys = self._keys()
        yield from stages_in_words(keys, datetime.now(UTC))
        yield f"{keys.settings.them} sends by itself; edi run listens where `as2: listen` of web.yaml says"

    def offers(self) -> Iterator[Offer]:
        return iter(())

    def fetch(self, offer: Offer) -> bytes:
        raise AssertionError("nothing was offered")

    def confirm(self, offer: Offer) -> None:
        """The receipt was the confirmation."""

    def close(self) -> None:
        """Nothing is open."""


def inbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> Inbound:
    """The receiving end: `edi run` listens for all as2 channels together."""

    def keys() -> Keys:
        from edi.channels.as2.keys import Keys  # noqa: PLC0415 -- settings stay cheap to import

        return Keys(name, settings, secrets, folder)

    return Pushed(keys)


def outbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> As2Outbound:
    """The sending end."""
    from edi.channels.as2.keys import Keys  # noqa: PLC0415 -- settings stay cheap to import
    from edi.channels.as2.post import Post  # noqa: PLC0415 -- settings stay cheap to import
    from edi.channels.as2.sending import As2Outbound  # noqa: PLC0415 -- settings stay cheap to import

    keys = Keys(name, settings, secrets, folder)
    return As2Outbound(name=name, settings=settings, keys=keys, post=Post(name=name, settings=settings, secrets=secrets, folder=folder))
