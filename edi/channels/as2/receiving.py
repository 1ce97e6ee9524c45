"""What a pushed message becomes: one transaction keeps it, claims it and writes its receipt, and only then is it answered (P1, P6).

Rule 1: a stored receipt is shown only to who proved again that the message is theirs: verified, decrypted, the same content (P7, T43).
Rule 2: failed security is answered and not remembered; the same message works once the certificates do (P23).
Rule 3: trouble of ours is 503 with Retry-After, never a 4xx and never a 200 (P34).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final

import structlog

from edi.channels.as2 import disposition, filenames
from edi.channels.as2.agreement import Agreement
from edi.channels.as2.keys import Keys
from edi.channels.as2.mdn import Mdn, Notice, is_mdn, write_mdn
from edi.channels.as2.names import MESSAGE_ID_CHARACTERS_MAX, bare_id, is_message_id, read_name
from edi.channels.as2.opening import Opened, open_message
from edi.channels.as2.owing import is_allowed
from edi.channels.as2.post import Answer as Received
from edi.channels.as2.post import as_received
from edi.channels.as2.receipt import ReceiptRequest, read_request
from edi.channels.as2.returning import take_receipt
from edi.engine.context import ACTOR, Context
from edi.engine.failpoint import failpoint
from edi.engine.inbound import keep
from edi.engine.moves import create, move
from edi.engine.ports import Offer
from edi.engine.states import Machine
from edi.errors import ConfigError, StoreError
from edi.formats.mime import Headers
from edi.slices import Slice
from edi.store import receipts
from edi.store.store import Transaction

RETRY_AFTER_SECONDS: Final = 60
NOTED_IN_A_MINUTE_MAX: Final = 60
"""Refusals of one channel that get an entry in the audit trail."""
PASSING: Final = ("locked", "full", "readonly", "read-only", "no space", "unable to open", "connection")
"""Words of storage errors that may pass; any other one ends the daemon (P3)."""

LOG = structlog.get_logger("edi.as2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message on its way in."""

    headers: Headers
    body: Slice
    us: str
    them: str
    message_id: str
    request: ReceiptRequest | None

    @property
    def key(self) -> str:
        """The message's identity (P5); case matters."""
        return json.dumps([self.them, self.us, bare_id(self.message_id)], ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Pair:
    """The channel that receives for a pair of names."""

    channel: str
    keys: Keys


def _no_failure(error: StoreError) -> None:
    """Nobody wants to know."""


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Answers requests for all AS2 channels of a workspace; may be used by several threads."""

    context: Context
    pairs: dict[tuple[str, str], Pair]
    """By our and their name."""
    failed: Callable[[StoreError], None] = field(default=_no_failure)
    """Told of storage errors that do not pass."""
    _noted: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Channel to a minute and how many refusals were written down in it."""
    _lock: Lock = field(default_factory=Lock)

    def answer(self, headers: Headers, body: Slice) -> Reply:
        """The answer to one POST. Never raises for what it holds; what we have trouble with ourselves is 503."""
        failpoint("as2.read")
        try:
            return self._answer(headers, body)
        except StoreError as error:
            LOG.warning("as2_not_kept", reason=str(error))
            if not any(word in str(error).lower() for word in PASSING):
                self.failed(error)
        except (ConfigError, MemoryError, OSError) as error:
            LOG.warning("as2_not_answered", reason=str(error))
        return Reply(status=503, headers=(("Retry-After", str(RETRY_AFTER_SECONDS)),))

    def _answer(self, headers: Headers, body: Slice) -> Reply:
        us, them, message_id = read_name(headers.get("as2-to")), read_name(headers.get("as2-from")), headers.get("message-id")
        if us is None or them is None or not message_id.strip() or len(message_id) > MESSAGE_ID_CHARACTERS_MAX:
            return refuse(400, "AS2-From, AS2-To and Message-ID are needed, as RFC 4130 section 6 writes them")
        pair = self.pairs.get((us, them))
        if is_mdn(headers, body.head(4096)):
            if pair is not None:
                take_receipt(self.context, pair.channel, pair.keys, Received(200, headers, body.head(MDN_TAKEN_MAX + 1)))
            return Reply(status=200)
        incoming = Incoming(headers=headers, body=body, us=us, them=them, message_id=message_id, request=read_request(headers))
        if pair is None:
            return self._stranger(incoming)
        return self._from_partner(incoming, pair)

    def _stranger(self, incoming: Incoming) -> Reply:
        """Nobody we know under that pair of names: never a signature of ours, never a call to an address they name (T09)."""
        LOG.warning("as2_unknown_pair", us=incoming.us, them=incoming.them)
        if incoming.request is None:
            return refuse(403, "these AS2 names are not agreed")
        if incoming.us == incoming.them:
            verdict = disposition.failure("sender-equals-receiver")
        elif not is_message_id(incoming.message_id):
            return refuse(400, "the Message-ID cannot be echoed in a header")
        else:
            verdict = disposition.error("unknown-trading-relationship")
        opened = Opened(disposition=verdict, reason="these AS2 names are not agreed")
        return _as_reply(self._mdn(incoming, opened, None))

    def _from_partner(self, incoming: Incoming, pair: Pair) -> Reply:
        now = self.context.clock.now()
        agreement = pair.keys.agreement(now)
        opened = self._open(incoming, agreement, now)
        target = _target(incoming, agreement)
        if not opened.disposition.is_good:
            return self._refused(incoming, pair, agreement, opened, target)
        mdn = self._mdn(incoming, opened, agreement) if incoming.request is not None else None
        answer = receipts.Answer(
            headers=json.dumps(mdn.headers if mdn else []), body=mdn.body if mdn else b"", target=target if mdn else None
        )
        return self._kept(incoming, pair, agreement, opened, answer)

    def _open(self, incoming: Incoming, agreement: Agreement, now: datetime) -> Opened:
        request = incoming.request
        if request is not None and request.refused is not None:
            return Opened(disposition=request.refused, reason="the receipt cannot be given as it was asked for")
        try:
            return open_message(
                incoming.headers,
                incoming.body,
                agreement,
                at=now,
                digests=request.digests if request else (),
                sink=self.context.store.spool,
            )
        except (MemoryError, RecursionError, AssertionError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError) as error:
            # The outermost loop of this room: a bug of ours fails one message, and the log says so (F-A14, P33).
            LOG.exception("as2_not_opened", message_id=incoming.message_id)
            return Opened(
                disposition=disposition.error("unexpected-processing-error"),
                reason=f"the message could not be opened: {type(error).__name__}",
            )

    def _refused(self, incoming: Incoming, pair: Pair, agreement: Agreement, opened: Opened, target: str | None) -> Reply:
        LOG.warning(
            "as2_refused", channel=pair.channel, message_id=incoming.message_id, disposition=str(opened.disposition), reason=opened.reason
        )
        mdn = self._mdn(incoming, opened, agreement) if incoming.request is not None else None
        if not self._may_note(pair.channel):
            # Anybody can write the partner's name: a flood is answered and logged, and fills no disk (T38).
            return _as_reply(mdn) if mdn is not None else Reply(status=200)
        with self.context.store.writing(ACTOR, self.context.clock.now()) as transaction:
            self._note_refusal(transaction, incoming, pair, opened)
            if mdn is not None and target is not None:
                # Owed under its own number: the message itself is not remembered (P23).
                answer = receipts.Answer(headers=json.dumps(mdn.headers), body=mdn.body, target=target)
                own = f"{incoming.key} refused {uuid.uuid4().hex}"
                receipts.claim(transaction, channel=pair.channel, transport_id=own, content_sha256="", answer=answer)
        if mdn is None:
            return Reply(status=200)
        return Reply(status=200) if target is not None else _as_reply(mdn)

    def _may_note(self, channel: str) -> bool:
        """True for the first refusals of a channel in each minute."""
        minute = int(self.context.clock.monotonic() // 60)
        with self._lock:
            since, count = self._noted.get(channel, (minute, 0))
            count = count + 1 if since == minute else 1
            self._noted[channel] = minute, count
        return count <= NOTED_IN_A_MINUTE_MAX

    @staticmethod
    def _note_refusal(transaction: Transaction, incoming: Incoming, pair: Pair, opened: Opened) -> None:
        transaction.audit(
            pair.channel, "as2_refused", message_id=incoming.message_id[:200], disposition=str(opened.disposition), reason=opened.reason
        )

    def _kept(self, incoming: Incoming, pair: Pair, agreement: Agreement, opened: Opened, answer: receipts.Answer) -> Reply:
        """Claim, documents, receipt, audit and work in one transaction; whoever comes second gets what the first one got."""
        content = content_hash(opened)
        with self.context.store.writing(ACTOR, self.context.clock.now()) as transaction:
            if pair.keys.settings.accept.file_names == "unique":
                opened = filenames.refused(transaction, pair.channel, incoming.key, opened) or opened
            if opened.disposition.is_good:
                known, first = self._claimed(transaction, incoming, pair, opened, answer)
            failpoint("as2.kept")
        failpoint("as2.committed")
        if not opened.disposition.is_good:
            return self._refused(incoming, pair, agreement, opened, answer.target)
        same = known.content_sha256 == content
        if not same:
            return self._conflict(incoming, agreement, opened)
        LOG.info("as2_received", channel=pair.channel, message_id=incoming.message_id, documents=len(opened.payloads), again=not first)
        if known.target is not None:
            return Reply(status=200)
        return Reply(status=200, headers=_pairs(known.headers), body=known.body)

    def _claimed(
        self, transaction: Transaction, incoming: Incoming, pair: Pair, opened: Opened, answer: receipts.Answer
    ) -> tuple[receipts.Known, bool]:
        """What is stored for the message, and whether it was new; its documents are kept, or another's conflict is."""
        content = content_hash(opened)
        claimed = {"channel": pair.channel, "transport_id": incoming.key}
        first = receipts.claim(transaction, **claimed, content_sha256=content, answer=answer)
        if first:
            transaction.audit(pair.channel, "as2_received", message_id=incoming.message_id[:200], **_evidence(opened))
            self._keep_documents(transaction, incoming, pair, opened, answer.body)
        known = receipts.find(transaction, **claimed)
        assert known is not None, "claimed by us or by another"
        if known.content_sha256 != content:
            self._keep_conflict(transaction, incoming, pair, opened)
        elif not first:
            transaction.audit(pair.channel, "as2_offered_again", message_id=incoming.message_id[:200])
            if known.target is not None:
                receipts.owe_again(transaction, known.id)
        return known, first

    def _keep_documents(self, transaction: Transaction, incoming: Incoming, pair: Pair, opened: Opened, response: bytes) -> None:
        partner = self.context.channel(pair.channel).partner
        envelope = self.context.store.spool(
            as_received(incoming.headers, incoming.body)
        )  # the signed and encrypted bytes are the proof (P2)
        for number, payload in enumerate(opened.payloads, start=1):
            offer = Offer(
                transport_id=f"{incoming.key}#{number}",
                filename=payload.filename or f"{bare_id(incoming.message_id)}-{number}",
                size=len(payload.content),
            )
            keep(
                transaction,
                channel=pair.channel,
                partner=partner,
                offer=offer,
                data=payload.content,
                confirmation="sent",
                response=response,
                envelope=envelope,
            )

    def _keep_conflict(self, transaction: Transaction, incoming: Incoming, pair: Pair, opened: Opened) -> None:
        """Other content under a known Message-ID: kept to be looked at, without effect (P8)."""
        digest = content_hash(opened)
        for number, payload in enumerate(opened.payloads, start=1):
            values = {
                "channel": pair.channel,
                "transport_id": f"{incoming.key}#{number} {digest} {uuid.uuid4().hex}",
                "filename": payload.filename or f"{bare_id(incoming.message_id)}-{number}",
                "partner": self.context.channel(pair.channel).partner,
                "payload_sha256": transaction.keep(payload.content),
                "envelope_sha256": transaction.keep(self.context.store.spool(as_received(incoming.headers, incoming.body))),
                "size": len(payload.content),
                "state": "received",
                "confirmation": "sent",
                "received": transaction.now,
                "reason": "the Message-ID came before, with other content",
                "findings": "[]",
            }
            row_id = create(transaction, Machine.TRANSMISSION, values, channel=pair.channel, file=values["filename"])
            move(transaction, Machine.TRANSMISSION, row_id, "received", "conflict", message_id=incoming.message_id[:200])

    def _conflict(self, incoming: Incoming, agreement: Agreement, opened: Opened) -> Reply:
        verdict = disposition.error("unexpected-processing-error")
        told = Opened(disposition=verdict, mic=opened.mic, reason="this Message-ID was used before for other content")
        return _as_reply(self._mdn(incoming, told, agreement)) if incoming.request is not None else Reply(status=200)

    def _mdn(self, incoming: Incoming, opened: Opened, agreement: Agreement | None) -> Mdn:
        """The receipt; signed if it was asked for and we know who asks (P24)."""
        request = incoming.request
        signs = agreement is not None and request is not None and request.signed and bool(agreement.ours)
        notice = Notice(
            us=incoming.us,
            them=incoming.them,
            original_id=_echo(incoming.message_id),
            disposition=opened.disposition,
            mic=opened.mic,
            text=_for_people(opened),
        )
        return write_mdn(
            notice,
            message_id=f"<{uuid.uuid4().hex}@as2>",
            at=self.context.clock.now(),
            sign_with=agreement if signs else None,
            digest=_digest(request, agreement),
        )


MDN_TAKEN_MAX: Final = 1 << 20


def content_hash(opened: Opened) -> str:
    """Over the documents as opened, their lengths included, so that nothing moves from one to the next."""
    found = hashlib.sha256()
    for payload in opened.payloads:
        found.update(len(payload.content).to_bytes(8, "big"))
        for chunk in payload.content.chunks():
            found.update(chunk)
    return found.hexdigest()


def _evidence(opened: Opened) -> dict[str, str | bool | None]:
    """What was proved about a message: the bytes its receipt speaks of, who signed them, whether others could read them."""
    return {
        "mic": opened.mic.write("rfc5751") if opened.mic else None,
        "signer": opened.signer.fingerprint if opened.signer else None,
        "encrypted": opened.encrypted,
    }


def refuse(status: int, text: str) -> Reply:
    """An answer for people and programs that do not speak AS2."""
    return Reply(status=status, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=text.encode())


def _target(incoming: Incoming, agreement: Agreement) -> str | None:
    """Where the receipt goes by itself; one that is not agreed rides on the answer instead (T09)."""
    request = incoming.request
    if request is None or request.asynchronous is None:
        return None
    if is_allowed(request.asynchronous, agreement.asynchronous_targets):
        return request.asynchronous
    LOG.warning("as2_receipt_target_refused", them=incoming.them)
    return None


def _as_reply(mdn: Mdn) -> Reply:
    return Reply(status=200, headers=mdn.headers, body=mdn.body)


def _pairs(stored: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(stored))


def _echo(message_id: str) -> str:
    """The identifier as it came; what no header can carry is replaced."""
    return "".join(character if " " <= character <= "~" else "?" for character in message_id.strip())


def _for_people(opened: Opened) -> str:
    if opened.disposition.is_good:
        count = len(opened.payloads)
        return f"The message was received, verified and kept: {count} document{'s' * (count != 1)}. This says nothing about its contents."
    return f"The message was not accepted: {opened.reason or opened.disposition.text}."


def _digest(request: ReceiptRequest | None, agreement: Agreement | None) -> str:
    """The receipt's own signature: never weaker than we sign documents."""
    wanted: Sequence[str] = request.digests if request else ()
    strong = [name for name in wanted if name != "sha1"]
    return strong[0] if strong else (agreement.sending.sign if agreement and agreement.sending.sign else "sha256")
