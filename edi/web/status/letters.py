"""Mails to people of partners: sign-in links they asked for, what was rejected, what is overdue, and the day in one mail.

Rule 1: a mail says numbers, kinds and states, which its reader may see anyway, never content; only a sign-in mail opens something.
Rule 2: what is told is told once: how far the audit trail was read is written down in the transaction that queues the mails.
Rule 3: nobody answers our mails to a machine of ours, they say of themselves that nobody wrote them, and each can be ended by one press.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select

from edi.engine import notices
from edi.engine.context import Context
from edi.engine.states import Machine, word
from edi.store import audit, links, people
from edi.store.dialect import insert_if_new
from edi.store.notices import notice
from edi.store.partner_entries import Entry, Wanted
from edi.store.partner_view import PartnerView
from edi.store.store import Reading, Transaction, moment
from edi.store.tables import acknowledgement_expected, audit_event, fact
from edi.web.pages.site import Reader
from edi.web.pages.texts import spoken
from edi.web.settings import StatusPage
from edi.web.status import rights
from edi.workspace.model import Partner
from edi.workspace.people import Topic, User

if TYPE_CHECKING:
    from edi.web.status.desk import Desk

ACTOR: Final = "page"
NAMED_MAX: Final = 30
"""Documents that one mail names; how many more there are is said."""
STEPS_MAX: Final = 100_000
"""Entries of the audit trail read at a time."""
DIGEST_MAX: Final = 2_000
DIGEST_LATE: Final = timedelta(hours=12)
"""A daily mail that could not be written for so long is left out."""
READ_FACT: Final = "page_letters"
REJECTED: Final = frozenset({"invalid", "refused"})
"""Events of a message that its sender wants to hear of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscription:
    """What a signed link ends."""

    partner: str
    email: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody to write to, in their language and time zone."""

    partner: Partner
    user: User
    reader: Reader
    url: str
    """Of the page."""
    us: str

    @property
    def scope(self) -> links.Scope:
        """What they may see."""
        nobody = links.Session(
            id=0, link_id=0, scope=links.Scope(partner=self.partner.name), person="", member=self.user.email, language=None, expires=""
        )
        return rights.scope(self.partner, nobody)


# -- sign-in links ----------------------------------------------------------------------------------------------------


def send_link(desk: Desk, email: str) -> None:
    """Queue a sign-in mail for everybody of that address; nothing happens where there is nobody, or too often."""
    context = desk.context
    found = [one for one in addressees(context, desk.settings) if one.user.email.casefold() == email.casefold()]
    now = context.clock.now()
    found = [one for one in found if one.user.is_admitted(now, one.reader.timezone) and one.partner.status != "suspended"]
    if not found or not desk.letters.allows(email.casefold()):
        return
    with context.store.writing(ACTOR, now) as transaction:
        for one in found:
            invite(transaction, one, valid=desk.settings.request_valid)


def invite(transaction: Transaction, to: Addressee, *, valid: timedelta, scope: links.Scope | None = None) -> None:
    """Queue a mail with a new sign-in link. Its text is forgotten when it was sent; the link works once, and not for long."""
    wanted = scope or links.Scope(partner=to.partner.name)
    token = links.make(transaction, wanted, person=to.user.email, member=to.user.email, valid=valid)
    until = f"{to.reader.moment(moment(transaction.time + valid))} ({to.reader.timezone})"
    text = "\n\n".join([to.reader.say("mail.text", us=to.us, until=until), f"{to.url}/in/{token}", to.reader.say("mail.not_asked")])
    subject = to.reader.say("mail.subject", us=to.us)
    notices.queue(transaction, to=to.user.email, subject=subject, text=text + "\n", key=f"sign-in|{links.digest(token)}")


# -- what happened ----------------------------------------------------------------------------------------------------


def look(context: Context, settings: StatusPage | None) -> int:
    """Queue what people of partners want to hear and have not heard; how many mails are new."""
    if settings is None or context.workspace.notices.mail is None:
        return 0
    wanting = [one for one in addressees(context, settings) if one.user.notify and one.partner.status != "suspended"]
    if not wanting:
        return 0
    with context.store.reading() as view:
        since, until = _span(view)
        happened = _happened(view, since, until)
        days = [one for one in wanting if _digest_is_due(view, one, context.clock.now())]
    if since == until and not days:
        return 0
    with context.store.writing(ACTOR, context.clock.now()) as transaction:
        if _span(transaction)[0] != since:
            return 0  # another process told it
        _remember(transaction, until)
        count = sum(_tell(context, transaction, one, happened, until) for one in wanting)
        return count + sum(_tell_day(context, transaction, one) for one in days)


def addressees(context: Context, settings: StatusPage) -> Iterable[Addressee]:
    """Everybody whom partners' files name."""
    us = context.workspace.us.title
    for partner in context.workspace.partners.values():
        for user in partner.users:
            reader = Reader(language=spoken(user.language, partner.language), timezone=rights.zone(partner, user))
            yield Addressee(partner=partner, user=user, reader=reader, url=settings.url, us=us)


def _span(view: Reading) -> tuple[int, int]:
    """How far the audit trail was read, and how far it is read now; at first nothing that is past is told."""
    row = view.connection.execute(select(fact.c.value).where(fact.c.name == READ_FACT)).one_or_none()
    size = audit.head(view.connection).size
    return (-1, size) if row is None else (int(row.value), min(size, int(row.value) + STEPS_MAX))


def _remember(transaction: Transaction, until: int) -> None:
    by = {"name": READ_FACT, "value": str(until)}
    if not insert_if_new(transaction.connection, fact, by):
        transaction.connection.execute(fact.update().where(fact.c.name == READ_FACT).values(value=str(until)))


def _happened(view: Reading, since: int, until: int) -> dict[Topic, tuple[str, ...]]:
    """Names of documents by topic: `M5` was rejected, our `O7` has no answer."""
    if since < 0:
        return {}
    table = audit_event.c
    wanted = table.event.in_(sorted(REJECTED | {"overdue"}))
    rows = view.connection.execute(select(table.subject, table.event).where(table.seq > since, table.seq <= until, wanted)).all()
    rejected = [row.subject for row in rows if row.subject[:1] == "M" and row.event in REJECTED]
    late = [int(row.subject[1:]) for row in rows if row.subject[:1] == "A" and row.event == "overdue"]
    awaited = acknowledgement_expected.c
    overdue = view.connection.execute(select(awaited.outbound_id).where(awaited.id.in_(late))).scalars() if late else ()
    return {"rejected": tuple(dict.fromkeys(rejected)), "overdue": tuple(dict.fromkeys(f"O{one}" for one in overdue))}


def _view(context: Context, view: Reading, to: Addressee) -> PartnerView:
    name = to.partner.name
    channels = [one for one, channel in context.workspace.channels.items() if name in channel.partners]
    return PartnerView(view, to.scope, channels)


def _tell(context: Context, transaction: Transaction, to: Addressee, happened: dict[Topic, tuple[str, ...]], until: int) -> int:
    count = 0
    for topic, names in happened.items():
        if topic not in to.user.notify or not names or people.is_unsubscribed(transaction, to.partner.name, to.user.email, topic):
            continue
        entries = _view(context, transaction, to).some(names)
        if entries:
            subject = to.reader.say(f"mail.{topic}.subject", count=len(entries), us=to.us)
            text = [to.reader.say(f"mail.{topic}.text", us=to.us), *_lines(to, entries)]
            count += _queue(transaction, to, topic, subject, text, key=f"{topic}|{until}")
    return count


def _lines(to: Addressee, entries: Sequence[Entry]) -> list[str]:
    lines = [_line(to, entry) for entry in entries[:NAMED_MAX]]
    if len(entries) > NAMED_MAX:
        lines.append(to.reader.say("mail.more", count=len(entries) - NAMED_MAX))
    return lines


def _line(to: Addressee, entry: Entry) -> str:
    kind = to.reader.say(f"kind.{entry.kind}") if entry.kind else to.reader.say("kind.unknown")
    title = "".join(character for character in entry.number or entry.filename if character.isprintable())[:70]
    return f"{kind} {title}, {to.reader.moment(entry.at)}\n{to.url}/documents/{entry.name}"


def _queue(transaction: Transaction, to: Addressee, topic: Topic, subject: str, text: Sequence[str], *, key: str) -> int:
    address = f"{to.url}/unsubscribe/{signed(transaction, to.partner.name, to.user.email, topic)}"
    end = to.reader.say("mail.end", zone=to.reader.timezone)
    whole = "\n\n".join([*text, "-- \n" + end, to.reader.say("mail.unsubscribe") + "\n" + address]) + "\n"
    # A mail program posts without our page before it; only over TLS it is told to.
    header = address if urlsplit(to.url).scheme == "https" else None
    key = f"page|{to.partner.name}|{to.user.email.casefold()}|{key}"
    return notices.queue(transaction, to=to.user.email, subject=subject, text=whole, key=key, unsubscribe=header)


# -- the day ----------------------------------------------------------------------------------------------------------


def _digest_end(to: Addressee, now: datetime) -> datetime:
    """The last time of day at which the daily mail is written, up to now."""
    local = now.astimezone(ZoneInfo(to.reader.timezone))
    today = datetime.combine(local.date(), to.user.digest_at, local.tzinfo)
    return today if today <= local else datetime.combine(local.date() - timedelta(days=1), to.user.digest_at, local.tzinfo)


def _digest_key(end: datetime) -> str:
    return f"digest|{end.date().isoformat()}"


def _digest_is_due(view: Reading, to: Addressee, now: datetime) -> bool:
    end = _digest_end(to, now)
    if "digest" not in to.user.notify or now - end > DIGEST_LATE:
        return False
    key = f"page|{to.partner.name}|{to.user.email.casefold()}|{_digest_key(end)}"
    return view.connection.execute(select(notice.c.id).where(notice.c.key == key)).first() is None


def _tell_day(context: Context, transaction: Transaction, to: Addressee) -> int:
    """One mail about the day before; none where nothing happened."""
    if people.is_unsubscribed(transaction, to.partner.name, to.user.email, "digest"):
        return 0
    end = _digest_end(to, context.clock.now())
    wanted = Wanted(since=moment(end - timedelta(days=1)), until=moment(end))
    entries = _view(context, transaction, to).page(wanted, count_max=DIGEST_MAX)
    if not entries:
        return 0
    say = to.reader.say
    counted = Counter((entry.direction, entry.kind or "unknown") for entry in entries)
    lines = [f"{say('list.from_you' if way == 'in' else 'list.to_you')}: {say(f'kind.{kind}')} × {n}" for (way, kind), n in counted.items()]
    troubled = [entry for entry in entries if _is_trouble(entry)]
    text = [say("mail.digest.text", us=to.us, date=end.date().isoformat()), "\n".join(sorted(lines))]
    text += [say("mail.digest.trouble"), *_lines(to, troubled)] if troubled else [say("mail.digest.fine")]
    subject = say("mail.digest.subject", us=to.us, date=end.date().isoformat(), count=len(entries))
    return _queue(transaction, to, "digest", subject, text, key=_digest_key(end))


def _is_trouble(entry: Entry) -> bool:
    if entry.direction == "out":
        return any(word(Machine.ACKNOWLEDGEMENT, state) in {"rejected", "overdue"} for _, state in entry.answers)
    return entry.name[:1] == "M" and entry.state in REJECTED


# -- no more of them --------------------------------------------------------------------------------------------------


def signed(transaction: Transaction, partner: str, email: str, topic: str) -> str:
    """What a link to end mails carries: who, what, and our signature over both."""
    return _token(people.make_signing_key(transaction), f"{partner}\n{email}\n{topic}".encode())


def unsubscription(desk: Desk, token: str) -> Unsubscription | None:
    """What a link ends; None if it is not signed by us."""
    with desk.context.store.reading() as view:
        key = people.signing_key(view)
    said = _bytes(token[:1_000].partition(".")[0])
    if key is None or said is None or not hmac.compare_digest(_token(key, said).encode(), token.encode()):
        return None
    partner, email, topic = said.decode().split("\n")
    return Unsubscription(partner=partner, email=email, topic=topic)


def _token(key: bytes, said: bytes) -> str:
    signature = hmac.new(key, b"unsubscribe\n" + said, hashlib.sha256).digest()
    return f"{_text(said)}.{_text(signature)}"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return None
