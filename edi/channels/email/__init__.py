"""Channel kind `email`: attachments out of a mailbox (IMAP or POP3), and documents sent as attachments (SMTP)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from edi.channels.kind import KindSettings, SecretReader
from edi.channels.names import FIELDS
from edi.channels.settings import After, NameTemplate, Seconds, Secret
from edi.limits import RECEIVED_BYTES_MAX
from edi.workspace.model import Risk

if TYPE_CHECKING:
    from edi.channels.email.receiving import EmailInbound
    from edi.channels.email.sending import EmailOutbound

KIND = "email"

PORTS = {("imap", "implicit"): 993, ("pop3", "implicit"): 995, ("smtp", "implicit"): 465}
PLAIN_PORTS = {"imap": 143, "pop3": 110, "smtp": 587}


def _check_subject(template: str) -> str:
    for field in re.findall(r"\{(\w*)\}", template):
        if field not in FIELDS:
            raise ValueError(f"{{{field}}} is no field of a subject; one of: {', '.join(FIELDS)}")
    return template


def _check_address(address: str) -> str:
    # Stricter than RFC 5322 on purpose: quotes, comments and groups are where parsers disagree (CVE-2023-27043).
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", address):
        raise ValueError(f"{address!r} is no mail address")
    return address


Address = Annotated[str, AfterValidator(_check_address)]


class Smime(KindSettings):
    """What both sides agreed about S/MIME; certificates are PEM files of the workspace."""

    certificate: str | None = None
    key: Secret | None = None
    passphrase: Secret | None = None
    theirs: tuple[str, ...] = Field(min_length=1)
    """Their certificates: what they sign with, and what we encrypt for."""
    sign: bool = True
    encrypt: bool = True
    digest: Literal["sha256", "sha384", "sha512"] = "sha256"
    cipher: Literal["aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm"] = "aes256-gcm"

    @model_validator(mode="after")
    def _complete(self) -> Smime:
        if not (self.sign or self.encrypt):
            raise ValueError("`smime` neither signs nor encrypts; leave it out")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together")
        if self.encrypt and not self.sign and not self.cipher.endswith("gcm"):
            raise ValueError("without a signature only a cipher with gcm is used: others can be changed on the way")
        return self


class Settings(KindSettings):
    """Keys of a channel of kind `email`; `protocol: smtp` sends, the others receive."""

    protocol: Literal["imap", "pop3", "smtp"] = "imap"
    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    """Without it, the usual one of the protocol."""
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca: str | None = None
    """File with the certificates that may sign the server's, relative to the workspace; without it, the system's."""
    user: str | None = None
    password: Secret | None = None
    token_command: tuple[str, ...] = ()
    """A program that prints an OAuth2 access token; run without a shell, for XOAUTH2."""
    timeout: Seconds = 60

    mailbox: str = "INBOX"
    pattern: tuple[str, ...] | str = "*"
    """Names of attachments that are documents."""
    types: tuple[str, ...] = ()
    """Content types of attachments that are documents; without it, any."""
    after: After = "remove"
    others: str | None = None
    """Folder for mail that is none of ours: automatic replies, bounces, senders who may not. Without it, it stays where it is."""
    senders: tuple[str, ...] = ()
    """Who may send: addresses, or `@domain`. A From line proves nothing; see `authserv_id`."""
    authserv_id: str | None = None
    """Name under which your own mail server writes Authentication-Results; then SPF or DKIM must have passed for the From domain."""
    smime: Smime | None = None
    """In: mails must be so protected. Out: they are."""
    mail_bytes_max: int = Field(default=64 * 1024 * 1024, ge=1024, le=RECEIVED_BYTES_MAX)

    sender: Address | None = None
    to: tuple[Address, ...] = ()
    subject: Annotated[str, AfterValidator(_check_subject)] = "{type} {ref}"
    text: str = ""
    name: NameTemplate | None = None

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern

    @property
    def server_port(self) -> int:
        return self.port or PORTS.get((self.protocol, self.tls), PLAIN_PORTS[self.protocol])

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        if self.protocol == "smtp" and not (self.sender and self.to):
            raise ValueError("`protocol: smtp` needs `sender` and `to`")
        if self.protocol != "smtp" and not (self.user and (self.password or self.token_command)):
            raise ValueError("a mailbox needs `user` and either `password` or `token_command`")
        if self.protocol == "pop3" and (isinstance(self.after, KindSettings) or self.others is not None):
            raise ValueError("POP3 knows no folders: `after` is remove or leave, and `others` cannot be")
        if (
            self.smime is not None
            and self.smime.certificate is None
            and (self.smime.sign if self.protocol == "smtp" else self.smime.encrypt)
        ):
            raise ValueError("`smime` needs our `certificate` and `key`, to sign what leaves or to open what comes")
        return self

    def risks(self) -> tuple[Risk, ...]:
        """Mail and passwords in clear text, but on this machine."""
        if self.tls != "none" or self.host in {"127.0.0.1", "localhost", "::1"}:
            return ()
        return (Risk(name="clear_text", field="tls", text=f"{self.host} gets documents and passwords readable for everybody on the way"),)

    def place(self) -> str:
        """Account and folder; a sender shares its server with others."""
        if self.protocol == "smtp":
            return f"smtp {self.host}:{self.server_port} {self.sender} {' '.join(self.to)}"
        return f"{self.protocol} {self.user}@{self.host}:{self.server_port} {self.mailbox}"


def inbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> EmailInbound:
    """The receiving end."""
    from edi.channels.email.account import Account  # noqa: PLC0415 -- settings stay cheap to import
    from edi.channels.email.receiving import EmailInbound  # noqa: PLC0415 -- settings stay cheap to import

    return EmailInbound(name=name, settings=settings, account=Account(name, settings, secrets, folder))


def outbound(name: str, settings: Settings, secrets: SecretReader, *, folder: Path) -> EmailOutbound:
    """The sending end."""
    from edi.channels.email.account import Account  # noqa: PLC0415 -- settings stay cheap to import
    from edi.channels.email.sending import EmailOutbound, ProtectedOutbound  # noqa: PLC0415 -- settings stay cheap to import
    from edi.channels.email.smime import protection  # noqa: PLC0415 -- settings stay cheap to import

    account = Account(name, settings, secrets, folder)
    known = protection(account)
    if known is None:
        return EmailOutbound(name=name, settings=settings, account=account)
    return ProtectedOutbound(name=name, settings=settings, account=account, known=known)
