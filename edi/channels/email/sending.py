"""The sending end of an e-mail channel: one mail per delivery, its Message-ID made from the delivery's identity.

Rule 1: the mail is sent to everybody it is for, or to nobody: one refused recipient stops it before the content is sent.
Rule 2: only a reply that got lost after the final dot is an unknown outcome (RFC 1047); the same Message-ID makes sending again harmless.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formatdate
from secrets import token_bytes
from threading import RLock

from edi.channels import names
from edi.channels.email import Settings
from edi.channels.email.account import Account
from edi.channels.email.smime import Protection, protected
from edi.channels.reasons import unreachable
from edi.engine.ports import Delivery, Letter, Sent
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.slices import Sink, in_memory

PREPARED = "prepared"
"""Attribute of a delivery whose payload is the whole mail."""
SESSION_OVER = {421, 452}
"""Servers that take so many mails per connection say this to the next one."""


@dataclass(slots=True, kw_only=True)
class EmailOutbound:
    """Sends mails over a connection that is kept."""

    name: str
    settings: Settings
    account: Account
    _smtp: smtplib.SMTP | None = None
    _lock: RLock = field(default_factory=RLock)
    """One mail at a time: SMTP is a dialogue, and workers share the connection."""

    def send(self, delivery: Delivery) -> Sent:
        """Returns when the server took responsibility: 250 after the final dot."""
        raw = self.mail(delivery)
        with self._lock:
            note = self._dialogue(raw, self.settings.to, repr(delivery.filename))
        return Sent(remote_name=message_id(self.settings, delivery), note=note)

    def tell(self, letter: Letter) -> str:
        """A mail to one person, without an attachment; the same letter is the same mail."""
        raw = compose_letter(self.settings, letter).as_bytes(policy=SMTP)
        with self._lock:
            return self._dialogue(raw, (letter.recipient,), repr(letter.subject))

    def mail(self, delivery: Delivery) -> bytes:
        """The mail as it travels."""
        return compose(self.settings, delivery).as_bytes(policy=SMTP)

    def _dialogue(self, raw: bytes, to: Sequence[str], what: str) -> str:
        kept = self._smtp is not None
        try:
            self._envelope(to)
        except (TemporaryChannelError, OSError):
            # A kept connection may have died, or be used up; a new one is tried once. No content was sent yet.
            if not kept:
                raise
            self.close()
            self._envelope(to)
        return self._content(raw, to, what)

    def _envelope(self, to: Sequence[str]) -> None:
        """MAIL and RCPT; raises before any content is sent."""
        smtp = self._connected()
        try:
            self._must(smtp.mail(self.settings.sender or ""), f"the sender {self.settings.sender}")
            for recipient in to:
                self._must(smtp.rcpt(recipient), f"the recipient {recipient}")
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise TemporaryChannelError(f"{self.name}: {self.account} hung up before the content: {error}") from error

    def _must(self, answer: tuple[int, bytes], what: str) -> None:
        code, said = answer
        if 200 <= code < 300:
            return
        if code in SESSION_OVER:
            self.close()
        elif self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.rset()
        raise _refusal(self.name, self.account, code, said, what)

    def _content(self, raw: bytes, to: Sequence[str], what: str) -> str:
        smtp = self._connected()
        try:
            code, said = smtp.docmd("DATA")
            if code != 354:
                self._must((code, said), "the content")
            smtp.send(_dotted(raw))
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise TemporaryChannelError(f"{self.name}: {self.account} hung up while the content was sent: {error}") from error
        try:
            code, said = smtp.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self.close()
            raise UnknownOutcomeError(f"{self.name}: {self.account} did not say whether it took {what}: {error}") from error
        self._must((code, said), "the content")
        return f"{self.account} took the mail for {', '.join(to)}: {code}"

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        try:
            if settings.tls == "implicit":
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.host, settings.server_port, timeout=settings.timeout, context=self.account.tls()
                )
            else:
                smtp = smtplib.SMTP(settings.host, settings.server_port, timeout=settings.timeout)
        except smtplib.SMTPResponseException as error:
            raise _refusal(self.name, self.account, error.smtp_code, error.smtp_error, "the connection") from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._unreachable(error) from error
        try:
            self._introduce(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        """EHLO, STARTTLS, AUTH. Without the STARTTLS that was agreed nothing more is said (F-E10)."""
        try:
            smtp.ehlo_or_helo_if_needed()
            if self.settings.tls == "starttls":
                smtp.starttls(context=self.account.tls())
                smtp.ehlo()
            self._log_in(smtp)
        except smtplib.SMTPNotSupportedError as error:
            raise ChannelError(
                f"{self.name}: {self.account} offers no such thing: {error}", hint="somebody on the way may have removed it"
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code < 500:
                raise TemporaryChannelError(f"{self.name}: {self.account} could not check the password now: {error.smtp_code}") from error
            raise ChannelError(
                f"{self.name}: {self.account} refused user {self.settings.user!r}: {error.smtp_code}", hint="check the password"
            ) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(self.name, self.account, error.smtp_code, error.smtp_error, "the greeting") from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._unreachable(error) from error

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        user = self.settings.user
        if user is None:
            return
        token = self.account.token()
        if token is not None:
            smtp.auth(
                "XOAUTH2",
                lambda challenge=None: f"user={user}\x01auth=Bearer {token}\x01\x01" if challenge is None else "",
                initial_response_ok=True,
            )
        else:
            smtp.login(user, self.account.password() or "")

    def _unreachable(self, error: Exception) -> ChannelError:
        return unreachable(self.name, str(self.account), error)

    def look(self, delivery: Delivery) -> bool | None:
        """Nobody can tell; the same Message-ID makes sending again harmless."""
        return None

    def probe(self) -> Iterator[str]:
        """Connect and log in."""
        self._connected()
        yield f"connected to {self.account}" + (f" as {self.settings.user!r}" if self.settings.user else "")

    def close(self) -> None:
        """Hang up; whether the server still answers QUIT does not matter (F-E23)."""
        with self._lock:
            if self._smtp is not None:
                with suppress(smtplib.SMTPException, OSError):
                    if self._smtp.sock is not None:
                        self._smtp.sock.settimeout(2)
                    self._smtp.quit()
                self._smtp.close()
            self._smtp = None


@dataclass(slots=True, kw_only=True)
class ProtectedOutbound(EmailOutbound):
    """Sends mails that are signed and encrypted once, before the first attempt, and stored (P11, P12)."""

    known: Protection
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[int], bytes] = token_bytes

    def prepare(self, delivery: Delivery, moment: datetime, *, sink: Sink = in_memory) -> Delivery:
        """The whole mail as the payload. Raises ConfigError where a key or certificate is missing or too old."""
        # Seven bits: a server on the way that changes an encoding would break the signature.
        dated = replace(delivery, attributes={"date": format_datetime(moment, usegmt=True), **delivery.attributes})
        raw = compose(self.settings, dated).as_bytes(policy=SMTP.clone(cte_type="7bit"))
        mail = protected(raw, self.known, token=_token(delivery), at=moment, random=self.random)
        return replace(delivery, content=sink([mail]), attributes={**delivery.attributes, PREPARED: "smime"})

    def mail(self, delivery: Delivery) -> bytes:
        """As prepared; without an engine it is prepared now."""
        return (delivery if PREPARED in delivery.attributes else self.prepare(delivery, self.now())).payload


def compose(settings: Settings, delivery: Delivery) -> EmailMessage:
    """The mail: same delivery, same Message-ID, same boundary."""
    filename = names.safe(delivery.filename)
    if settings.name is not None:
        filename = names.render(settings.name, delivery.attributes, identity=delivery.identity, filename=delivery.filename)
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    message["Subject"] = _subject(settings.subject, delivery)
    message["Date"] = delivery.attributes.get("date") or formatdate(usegmt=True)
    message["Message-ID"] = message_id(settings, delivery)
    message.set_content(settings.text or f"{filename}\n")
    known = re.fullmatch(r"[a-z]+/([A-Za-z0-9.+-]+)", delivery.content_type.partition(";")[0].strip())
    # As octets whatever the type: text parts would have their line ends changed on the way.
    message.add_attachment(delivery.payload, maintype="application", subtype=known[1] if known else "octet-stream", filename=filename)
    message.set_boundary(f"edi-{_token(delivery)}")
    return message


def compose_letter(settings: Settings, letter: Letter) -> EmailMessage:
    """A plain mail that says of itself that nobody wrote it (RFC 3834): no auto-responder answers it (P20)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.sender
    message["To"] = letter.recipient
    message["Subject"] = _line(letter.subject)
    message["Date"] = format_datetime(letter.made, usegmt=True)
    token = hashlib.sha256(f"{letter.key} {letter.recipient}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{token}@{(settings.sender or '').rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    return message


def message_id(settings: Settings, delivery: Delivery) -> str:
    """Made from the identity: sending again is sending the same mail."""
    return f"<{_token(delivery)}@{(settings.sender or '').rpartition('@')[2]}>"


def _token(delivery: Delivery) -> str:
    return hashlib.sha256(delivery.identity.encode()).hexdigest()[:32]


def _subject(template: str, delivery: Delivery) -> str:
    given = delivery.attributes
    known = {**given, "identity": delivery.identity, "filename": delivery.filename, "type": given.get("type") or given.get("kind", "")}
    known["ref"] = given.get("ref") or given.get("reference") or given.get("number") or delivery.identity
    return _line(re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], ""), template))


def _line(text: str) -> str:
    """As one line of bounded length, so that nothing in it becomes another header (E18)."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())[:200]


def _dotted(raw: bytes) -> bytes:
    """With dots doubled at line beginnings, and the final dot. Line ends are CRLF throughout: bare ones smuggle (E20)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    return re.sub(rb"(?m)^\.", b"..", lines).removesuffix(b"\r\n") + b"\r\n.\r\n"


def _refusal(name: str, account: Account, code: int, said: bytes | str, what: str) -> ChannelError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    shown = "".join(character if character.isprintable() else " " for character in text)[:200]
    sentence = f"{name}: {account} answered {code} to {what}: {shown}"
    return TemporaryChannelError(sentence) if code < 500 else ChannelError(sentence, hint="ask whoever runs the mailbox or the server")
