"""The sending end: a message is made once, and sent byte for byte the same until its receipt proves that it arrived (P11, P12, P25)."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from edi.channels.as2 import Settings
from edi.channels.as2.building import build
from edi.channels.as2.keys import Keys
from edi.channels.as2.mdn import Fault, ReadMdn, is_mdn, judge, read_mdn
from edi.channels.as2.mic import Mic
from edi.channels.as2.opening import Payload
from edi.channels.as2.post import Answer, Post
from edi.engine.ports import Delivery, Sent
from edi.errors import ChannelError, ConfigError, TemporaryChannelError, UnknownOutcomeError
from edi.slices import Sink, in_memory

TEMPORARY: Final = frozenset({408, 425, 429})
"""And every 5xx (P13)."""
MISSING: Final = frozenset({Fault.NO_CONTENT_TYPE, Fault.UNPARSEABLE, Fault.MESSAGE_ID_MISMATCH})
"""Faults that mean: this is no receipt for what we sent, so ours is missing. Every other one is an answer, and it is no."""

HINTS: Final[Mapping[int, str]] = {
    401: "check `basic: user` and `password`",
    403: "the partner's server knows neither us nor this address; compare AS2 names and IP addresses with them",
    404: "check `url`",
    405: "check `url`: nothing receives there",
    413: "the document is too long for the partner's server",
}


@dataclass(slots=True, kw_only=True)
class As2Outbound:
    """Sends messages for one pair of names."""

    name: str
    settings: Settings
    keys: Keys
    post: Post

    def prepare(self, delivery: Delivery, moment: datetime, *, sink: Sink = in_memory) -> Delivery:
        """The message as it will travel, with headers and the MIC that its receipt must say in the attributes."""
        agreement = self.keys.agreement(moment)
        if agreement.sending.sign and agreement.ours and not agreement.ours[0].certificate.is_valid(moment):
            ended = agreement.ours[0].certificate
            raise ConfigError(
                f"{self.name}: our certificate {ended.subject} is valid from {ended.valid_from:%Y-%m-%d} until {ended.valid_until:%Y-%m-%d}",
                hint="edi cert rollover makes a new one; send it to the partner before it is used",
            )
        document = Payload(content=delivery.content, content_type=delivery.content_type, filename=delivery.filename)
        message = build(
            [document],
            agreement,
            message_id=message_id(delivery.identity, self.settings.us),
            subject=delivery.attributes.get("type") or "EDI document",
            at=moment,
            random=secrets.token_bytes,
            sink=sink,
        )
        made = {
            "as2_headers": json.dumps(message.headers),
            "as2_mic": base64.b64encode(message.mic.value).decode("ascii"),
            "as2_digest": message.mic.digest,
        }
        return Delivery(
            identity=delivery.identity,
            filename=delivery.filename,
            content=message.body,
            content_type=delivery.content_type,
            attributes={**delivery.attributes, **made},
        )

    def send(self, delivery: Delivery) -> Sent:
        """Returns with the receipt, or when one is on its way."""
        answer = self.post(json.loads(delivery.attributes["as2_headers"]), delivery.content)
        self._check_status(answer)
        receipt = self.settings.receipt
        if receipt is None:
            return Sent(remote_name=None, note=f"the server answered {answer.status}; no receipt is agreed", response=answer.body or None)
        if is_mdn(answer.headers, answer.body):
            return self._with_receipt(delivery, answer)
        if receipt.asynchronous is not None:
            note = f"the server answered {answer.status}; the receipt comes by itself"
            return Sent(remote_name=None, note=note, awaiting=timedelta(seconds=receipt.within))
        kind = answer.headers.get("content-type") or "nothing"
        fault = Fault.UNPARSEABLE if answer.headers.get("content-type") else Fault.NO_CONTENT_TYPE
        raise UnknownOutcomeError(f"{self.name}: {fault}: the server answered {answer.status} with {kind} instead of a receipt")

    def _check_status(self, answer: Answer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        text = f"{self.name}: the server answered {status}"
        if status in TEMPORARY or status >= 500:
            raise TemporaryChannelError(text)
        if 300 <= status < 400:
            raise ChannelError(f"{text}, a redirect, which is not followed", hint="write the final address in `url`")
        raise ChannelError(text, hint=HINTS.get(status, "the partner's server refuses this message; its operator knows why"))

    def _with_receipt(self, delivery: Delivery, answer: Answer) -> Sent:
        now = datetime.now(UTC)
        read = self.read(answer, now)
        fault = self.fault(read, delivery.identity, delivery.attributes)
        if fault in MISSING:
            raise UnknownOutcomeError(f"{self.name}: {fault}: the answer is no receipt for this message")
        if fault is not None:
            raise ChannelError(refusal(self.name, fault, read), hint=hint_about(fault, read))
        return Sent(remote_name=None, note="the receipt came: " + str(read.disposition), response=answer.whole)

    def read(self, answer: Answer, now: datetime) -> ReadMdn:
        """The receipt in an answer or a request, checked against the partner's certificates."""
        agreement = self.keys.agreement(now)
        return read_mdn(answer.headers, answer.body, agreement.theirs, at=now, digests=agreement.digests)

    def fault(self, read: ReadMdn, identity: str, attributes: Mapping[str, str]) -> Fault | None:
        """Why a receipt does not prove that a message of ours arrived; None if it does."""
        return judge(
            read,
            message_id=message_id(identity, self.settings.us),
            mic=Mic(base64.b64decode(attributes["as2_mic"]), attributes["as2_digest"]),
            must_be_signed=self.settings.receipt is not None and self.settings.receipt.signed,
        )

    def look(self, delivery: Delivery) -> bool | None:
        """AS2 has no way to ask; the same message again is harmless, and answered with its receipt."""
        return None

    def probe(self) -> Iterator[str]:
        """Load the certificates and open a connection; nothing is sent."""
        from edi.channels.as2.preflight import connection, stages_in_words  # noqa: PLC0415 -- for people only

        yield from stages_in_words(self.keys, datetime.now(UTC))
        yield from connection(self.post)

    def close(self) -> None:
        """Close connections; the next call opens them again."""
        self.post.close()


def message_id(identity: str, us: str) -> str:
    """The message's identifier: unique by its left side, and readable in the partner's log by its right one."""
    return f"<{identity}@{re.sub('[^A-Za-z0-9.-]+', '-', us).strip('-.') or 'as2'}>"


def identity_of(original_id: str) -> str:
    """What `message_id` was made from."""
    return original_id.partition("@")[0]


def refusal(name: str, fault: Fault, read: ReadMdn) -> str:
    """Why a receipt is a no, in one sentence with the fault's name."""
    refused = read.disposition is not None and not read.disposition.is_good
    said = f" ({read.disposition})" if refused else ""
    text = " ".join(read.text.split())[:200]
    # Whoever does not know us cannot sign for us: what they say matters more than that nobody signed it.
    why = WORDS[Fault.ERROR_MODIFIER] if refused and fault is Fault.UNSIGNED else WORDS[fault]
    return f"{name}: {fault}{said}: {why}" + (f"; the partner writes {text!r}" if said and text else "")


def hint_about(fault: Fault, read: ReadMdn) -> str | None:
    """What to do: by what the partner's side says, else by what is wrong with the receipt."""
    said = read.disposition.text if read.disposition is not None and not read.disposition.is_good else ""
    if said in HINTS_BY_MODIFIER and fault is not Fault.UNTRUSTED_SIGNER:
        return HINTS_BY_MODIFIER[said]
    return HINTS_BY_FAULT.get(fault)


HINTS_BY_MODIFIER: Final[Mapping[str, str]] = {
    "authentication-failed": "they do not have the certificate we sign with: send it to them (edi cert export), then `edi resubmit`",
    "decryption-failed": "we encrypt for a certificate they no longer use: ask for the current one (edi cert import), then `edi resubmit`",
    "insufficient-message-security": "they want more than `sign` and `encrypt` say, or another algorithm: compare with them",
    "integrity-check-failed": "something on the way changed the message: a proxy, a virus scanner",
    "decompression-failed": "their software cannot read what `compress` made; leave it out",
    "unknown-trading-relationship": "compare `us` and `them` with the names that they wrote down for us and for themselves; case matters",
}
"""Dispositions of the standard, from the side of who sent."""
WORDS: Final[Mapping[Fault, str]] = {
    Fault.NO_CONTENT_TYPE: "the answer has no content type",
    Fault.UNPARSEABLE: "the receipt could not be read",
    Fault.MESSAGE_ID_MISMATCH: "the receipt is for another message",
    Fault.NOT_PROCESSED: "the receipt does not say that the message was processed",
    Fault.ERROR_MODIFIER: "the partner could not process the message",
    Fault.FAILURE_MODIFIER: "the partner cannot give the receipt we asked for",
    Fault.MIC_MISMATCH: "the partner has other bytes than we sent",
    Fault.MIC_ALGORITHM_MISMATCH: "the receipt's check value uses another algorithm than we asked for",
    Fault.MIC_MISSING: "the receipt says nothing about the bytes the partner has",
    Fault.UNSIGNED: "the receipt is not signed, and a signed one was agreed",
    Fault.UNTRUSTED_SIGNER: "the receipt is signed with a certificate that is none of the partner's",
    Fault.EXPIRED_SIGNER: "the receipt is signed with a certificate that is not valid now",
    Fault.SIGNATURE_BROKEN: "the receipt's signature does not hold",
}
HINTS_BY_FAULT: Final[Mapping[Fault, str]] = {
    Fault.UNTRUSTED_SIGNER: "ask the partner for its current certificate; edi cert import takes it",
    Fault.EXPIRED_SIGNER: "the partner signs with an old certificate; ask them for the new one",
    Fault.UNSIGNED: "ask the partner to sign receipts, or write `receipt: {signed: false}`",
    Fault.MIC_MISMATCH: "something between us changes the message, or one side computes over other bytes; try a quirk profile",
}
