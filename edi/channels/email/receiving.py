"""The receiving end of an e-mail channel: one offer per attachment that is a document.

Rule 1: an attachment is known by its mail's Message-ID and its own hash, never by a UID or by the flag Seen: a server may give out the
same UIDs anew, and people read the mailbox too (F-E03, F-E07).
Rule 2: a mail is put away when every document in it was confirmed.
Rule 3: a mail that cannot be taken apart, or holds no document, is offered whole, so that somebody sees it.
Rule 4: nothing is ever answered from here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from edi.channels import names
from edi.channels.email import Settings, idling
from edi.channels.email.account import Account
from edi.channels.email.mail import Attachment, Mail, read_mail
from edi.channels.email.mailboxes import Mailbox, failures, open_mailbox
from edi.channels.email.smime import Protection, opened, protection
from edi.channels.notices import Notices
from edi.channels.settings import Move
from edi.engine.ports import Offer, Report
from edi.errors import TemporaryChannelError
from edi.findings import Finding
from edi.limits import MIB

KEPT_BYTES_MAX = 16 * MIB
"""Of mails between being offered and being fetched; callers ask for documents in batches."""

GROUP_MAX = 50
GROUP_BYTES_MAX = 4 * MIB
"""Mails asked for with one question."""


@dataclass(frozen=True, slots=True)
class Known:
    """A mail that was read."""

    raw: bytes
    mail: Mail


@dataclass(slots=True, kw_only=True)
class EmailInbound:
    """Documents in one mailbox."""

    name: str
    settings: Settings
    account: Account
    notices: Notices = field(default_factory=Notices)
    _box: Mailbox | None = None
    _offers: dict[str, tuple[Offer, ...]] = field(default_factory=dict)
    """Key of a mail in the open mailbox to what it offers."""
    _places: dict[str, list[str]] = field(default_factory=dict)
    """Transport id of an offer to the keys of the mails with that document."""
    _owed: dict[str, set[str]] = field(default_factory=dict)
    """Key of a mail to what was offered and not confirmed."""
    _kept: dict[str, Known] = field(default_factory=dict)
    """Mails read last: their documents are asked for soon after they were offered."""
    _others: dict[str, Report | None] = field(default_factory=dict)
    """Key of a mail that is none of ours to what it reports."""
    _protection: Protection | None = None

    def __post_init__(self) -> None:
        self._protection = protection(self.account)

    def offers(self) -> Iterator[Offer]:
        """Documents of all mails, a few mails in memory at a time."""
        self.notices.clear()
        # A new look at the mailbox: POP3 shows one state per connection, and a kept IMAP connection may have died.
        self.close()
        for group in _groups(list(self._short_enough())):
            self._read(group)
            for key in group:
                yield from self._offered(key)

    def _short_enough(self) -> Iterator[tuple[str, int]]:
        for key, size in self._entries():
            if size <= self.settings.mail_bytes_max:
                yield key, size
            else:
                self.notices.add(f"mail {key}", f"has {size} bytes and was not fetched; `mail_bytes_max` is {self.settings.mail_bytes_max}")

    def _entries(self) -> list[tuple[str, int]]:
        with failures(self.account, "listing the mailbox"):
            return self._mailbox().entries()

    def _offered(self, key: str) -> tuple[Offer, ...]:
        known = self._known(key)
        if known is None:
            return ()
        reason = self._none_of_ours(known.mail)
        if reason is not None:
            self.notices.add(known.mail.message_id, reason)
            self._others[key] = _report(known)
            return ()
        found = tuple(offer for offer, _ in self._documents(known))
        self._offers[key] = found
        for offer in found:
            self._places.setdefault(offer.transport_id, []).append(key)
        self._owed[key] = {offer.transport_id for offer in found}
        return found

    def _known(self, key: str) -> Known | None:
        """The mail; None if it is gone."""
        if key not in self._kept:
            self._read([key])
        return self._kept.get(key)

    def _read(self, keys: list[str]) -> None:
        """Mails with one question; what was read before gives way."""
        with failures(self.account, "reading mails"):
            found = self._mailbox().raw(keys)
        excess = sum(map(len, found.values())) + sum(len(known.raw) for known in self._kept.values()) - KEPT_BYTES_MAX
        while self._kept and excess > 0:
            excess -= len(self._kept.pop(next(iter(self._kept))).raw)
        for key, raw in found.items():
            self._kept[key] = Known(raw, self._taken_apart(raw))

    def _taken_apart(self, raw: bytes) -> Mail:
        """The mail, without the protection that was agreed; `trouble` says what is wrong with it."""
        inside, refused = (raw, None) if self._protection is None else opened(raw, self._protection)
        mail = read_mail(inside, authserv_id=self.settings.authserv_id, identified_by=raw)
        return replace(mail, attachments=(), trouble=refused, code="mime.protection") if refused and mail.automatic is None else mail

    def _none_of_ours(self, mail: Mail) -> str | None:
        """Why a mail is not looked into; None if it is."""
        if mail.automatic is not None:
            about = f" about {mail.bounced_id}" if mail.bounced_id else ""
            return f"is a {mail.automatic}{about}"
        allowed = self.settings.senders
        sender = mail.sender or ""
        if allowed and not any(sender == one.lower() or (one.startswith("@") and sender.endswith(one.lower())) for one in allowed):
            return f"is from {mail.sender or 'nobody in particular'}, who is not among `senders`"
        domain = sender.rpartition("@")[2]
        if self.settings.authserv_id is not None and not any(domain == one or domain.endswith(f".{one}") for one in mail.proven):
            return f"says it is from {mail.sender or 'nobody in particular'}, which your mail server could not prove"
        return None

    def reports(self) -> Iterator[Report]:
        """What bounces say; a bounce, and other mail that is none of ours, is put away when it was heard."""
        for key, report in list(self._others.items()):
            if report is not None:
                yield report
            if self.settings.others is not None:
                with failures(self.account, f"moving a mail to {self.settings.others!r}"):
                    self._mailbox().move([key], self.settings.others)
            self._others.pop(key, None)

    def _documents(self, known: Known) -> Iterator[tuple[Offer, bytes]]:
        mail = known.mail
        wanted = [attachment for attachment in mail.attachments if self._is_wanted(attachment)]
        for index, attachment in enumerate(wanted):
            yield _offer(mail, str(index), attachment.name, attachment.payload), attachment.payload
        if not wanted:
            reason = mail.trouble or "it has no attachment that is a document"
            self.notices.add(mail.message_id, f"is offered whole: {reason}")
            finding = Finding(code=mail.code or "mime.no_document", text=f"the mail was taken whole: {reason}")
            yield replace(_offer(mail, "mail", f"{mail.message_id}.eml", known.raw), findings=(finding,)), known.raw

    def _is_wanted(self, attachment: Attachment) -> bool:
        typed = not self.settings.types or attachment.content_type in self.settings.types
        return typed and names.matches(attachment.name, self.settings.patterns)

    def fetch(self, offer: Offer) -> bytes:
        """The attachment's bytes, decoded; or the whole mail."""
        for key in self._keys(offer):
            known = self._known(key)
            if known is None:
                continue
            for found, payload in self._documents(known):
                if found.transport_id == offer.transport_id:
                    return payload
        raise TemporaryChannelError(f"{self.name}: the mail with {offer.filename!r} was gone when it was read")

    def envelope(self, offer: Offer) -> bytes | None:
        """The whole mail an attachment came in; None if it is gone, or is itself what was offered."""
        if offer.filename.endswith(".eml") and "|mail|" in offer.transport_id:
            return None
        return next((known.raw for key in self._keys(offer) if (known := self._known(key)) is not None), None)

    def confirm(self, offer: Offer) -> None:
        """Put the mail away once every document in it was confirmed; the same mail delivered twice goes twice."""
        done = []
        for key in self._keys(offer):
            owed = self._owed.get(key, set())
            owed.discard(offer.transport_id)
            if not owed:
                done.append(key)
        if not done or self.settings.after == "leave":
            return
        with failures(self.account, "putting a mail away"):
            if isinstance(self.settings.after, Move):
                self._mailbox().move(done, self.settings.after.move)
            else:
                self._mailbox().remove(done)
        for key in done:
            for gone in self._offers.pop(key, ()):
                self._places.pop(gone.transport_id, None)
            self._owed.pop(key, None)
            self._kept.pop(key, None)

    def _keys(self, offer: Offer) -> list[str]:
        """Mails with this document; an offer of an earlier life, or of a lost connection, is looked for anew."""
        if self._box is None:
            for _ in self.offers():
                pass
        return list(self._places.get(offer.transport_id, ()))

    def _mailbox(self) -> Mailbox:
        if self._box is None:
            self._box = open_mailbox(self.account)
        return self._box

    def probe(self) -> Iterator[str]:
        """Connect, log in, count."""
        count = len(self._entries())
        yield f"connected to {self.account} as {self.settings.user!r}: {count} mails in {self.settings.mailbox!r}"

    def watch(self, wake: Callable[[], None], stop: threading.Event) -> None:
        """Wake when the server says that a mail has come; POP3 servers never do."""
        if self.settings.protocol == "imap":
            idling.watch(self.account, wake, stop)

    def close(self) -> None:
        """Log out; the next call logs in again. With POP3, this is when removed mails go."""
        if self._box is not None:
            self._box.close()
        self._box = None
        self._kept.clear()
        self._offers.clear()
        self._places.clear()
        self._owed.clear()
        self._others.clear()


def _report(known: Known) -> Report | None:
    """What a bounce says about a mail of ours; None for anything else."""
    mail = known.mail
    if mail.bounced_id is None:
        return None
    failed = mail.failure is not None
    text = f"the mail came back: {mail.failure}" if failed else "the mail is reported on, and did not fail"
    return Report(about=f"<{mail.bounced_id}>", failed=failed, text=text, raw=known.raw)


def _offer(mail: Mail, index: str, name: str, payload: bytes) -> Offer:
    digest = hashlib.sha256(payload).hexdigest()[:32]
    shown = names.quote(name.encode("utf-8", "surrogateescape"))
    return Offer(transport_id=f"{mail.message_id}|{index}|{digest}", filename=shown, size=len(payload))


def _groups(entries: list[tuple[str, int]]) -> Iterator[list[str]]:
    """Keys in groups of bounded number and size; a long mail stands alone."""
    group: list[str] = []
    total = 0
    for key, size in entries:
        if group and (len(group) >= GROUP_MAX or total + size > GROUP_BYTES_MAX):
            yield group
            group, total = [], 0
        group.append(key)
        total += size
    if group:
        yield group
