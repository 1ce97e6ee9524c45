"""An AS2 message as it came: verified, decrypted, inflated, its documents and its MIC; or the one disposition that says why not.

Rule 1: no socket, no clock, no store: headers, body and time are arguments.
Rule 2: the MIC and the signature are computed over the received bytes themselves (M13).
Rule 3: trust comes from the agreement only; a sender who is not known cannot make us do anything but answer (T09, T12).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from edi.channels.as2 import disposition
from edi.channels.as2.agreement import Agreement
from edi.channels.as2.disposition import PROCESSED, Disposition
from edi.channels.as2.mic import Mic, over
from edi.channels.as2.names import is_message_id
from edi.errors import FormatError
from edi.formats import cms
from edi.formats.cms import Certificate, CmsError
from edi.formats.cms.compressed import CONTENT_TYPE as COMPRESSED
from edi.formats.cms.enveloped import AUTH_ENVELOPED, ENVELOPED
from edi.formats.cms.failure import decryption_failed
from edi.formats.mime import Entity, Headers, parse
from edi.slices import Sink, Slice, in_memory

LAYERS_MAX: Final = 8
CERTIFICATE_EXCHANGE: Final = "application/ediint-cert-exchange"
INFLATED_BYTES_MAX: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One document of a message."""

    content: Slice
    content_type: str
    filename: str | None
    """As the sender wrote it: data, never a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a message held, and what its receipt says."""

    disposition: Disposition
    payloads: tuple[Payload, ...] = ()
    """Empty unless the disposition is good."""
    mic: Mic | None = None
    """Over what RFC 4130 and RFC 5402 say; None where it cannot be known."""
    signer: Certificate | None = None
    encrypted: bool = False
    compressed: bool = False
    reason: str | None = None
    """Our sentence for people; the disposition is for programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """How far the layers are open."""

    entity: Entity
    covered: Slice
    """What the MIC covers, as far as is known."""
    signer: Certificate | None = None
    signed: bool = False
    signed_mic: Mic | None = None
    """Over what was signed, by the signature's own digest."""
    encrypted: bool = False
    compressed: bool = False


def open_message(
    headers: Headers, body: bytes | Slice, agreement: Agreement, *, at: datetime, digests: Sequence[str] = (), sink: Sink = in_memory
) -> Opened:
    """The message. `digests` are those the sender wants in the receipt, its favourite first; an empty list takes the signature's."""
    outer = parse(body, headers=headers)
    state = _State(entity=outer, covered=outer.body)
    opened = Opened(disposition=PROCESSED)
    try:
        if not is_message_id(headers.get("message-id")):
            return replace(
                opened,
                disposition=disposition.error("invalid-message-id"),
                reason="the Message-ID is missing or cannot be echoed in a header",
            )
        if not len(outer.body):
            return replace(opened, disposition=disposition.error("unexpected-processing-error"), reason="the message has no content")
        layers = 0
        while (inner := _open_layer(state, agreement, at=at, sink=sink)) is not None:
            state, layers = inner, layers + 1
            if layers > LAYERS_MAX:
                return _failed(
                    opened, state, "unexpected-processing-error", FormatError(f"more than {LAYERS_MAX} layers of protection"), digests
                )
        _demand_security(state, agreement)
        payloads = tuple(_payloads(state.entity, sink))
    except CmsError as error:
        return _failed(opened, state, error.reason.value, error, digests)
    except FormatError as error:
        return _failed(opened, state, "unexpected-processing-error", error, digests)
    return replace(_described(opened, state, digests), payloads=payloads)


def _failed(opened: Opened, state: _State, text: str, error: FormatError, digests: Sequence[str]) -> Opened:
    return replace(_described(opened, state, digests), disposition=disposition.error(text), reason=error.message)


def _described(opened: Opened, state: _State, digests: Sequence[str]) -> Opened:
    digest = digests[0] if digests else "sha256"
    known = state.signed_mic
    return replace(
        opened,
        mic=known if known is not None and known.digest == digest else over(state.covered, digest),
        signer=state.signer,
        encrypted=state.encrypted,
        compressed=state.compressed,
    )


def _open_layer(state: _State, agreement: Agreement, *, at: datetime, sink: Sink) -> _State | None:
    """The state with one layer less; None where the document itself is reached."""
    kind = state.entity.content_type.value
    if kind == "multipart/signed":
        return _verified(state, agreement, at)
    if kind not in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
        return None
    head = b"".join(_first(state.entity.decoded(), 64))
    if COMPRESSED in head:
        return _inflated(state, agreement, sink)
    if ENVELOPED in head or AUTH_ENVELOPED in head:
        return _decrypted(state, agreement, sink)
    raise CmsError(cms.Reason.PROCESSING, "the protected part is neither enveloped nor compressed data", hint="sign with multipart/signed")


def _first(chunks: Iterable[bytes], size: int) -> Iterable[bytes]:
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return


def _decrypted(state: _State, agreement: Agreement, sink: Sink) -> _State:
    inner = _inner(sink(cms.decrypt(state.entity.decoded(), agreement.ours, allowed=agreement.ciphers)))
    if agreement.must_sign and not state.signed and "content-type" not in inner.headers:
        # One wrong key in 256 ends in good padding; what it gives is no entity, and must not be answered differently (T10).
        raise decryption_failed()
    # What was encrypted, its headers included, unless a signature inside covers less.
    return replace(state, entity=inner, covered=inner.raw if not state.signed else state.covered, encrypted=True)


def _inner(data: Slice) -> Entity:
    """What was in a layer. Some products encrypt the bare document; its first lines may look like header fields."""
    found = parse(data)
    return found if "content-type" in found.headers else parse(data, headers=Headers())


def _inflated(state: _State, agreement: Agreement, sink: Sink) -> _State:
    inner = _inner(sink(cms.decompress(state.entity.decoded(), size_max=INFLATED_BYTES_MAX)))
    # Compressed inside a signature: the signed bytes count, and they are the compressed ones (RFC 5402 section 4.1).
    content = inner.raw if state.encrypted or agreement.quirks.mic_of_headers else inner.body
    return replace(state, entity=inner, covered=state.covered if state.signed else content, compressed=True)


def _verified(state: _State, agreement: Agreement, at: datetime) -> _State:
    if state.signed:
        raise CmsError(cms.Reason.PROCESSING, "the message is signed twice")
    parts = state.entity.parts()
    if len(parts) != 2:
        raise CmsError(cms.Reason.AUTHENTICATION, f"a signed message has content and signature, this one has {len(parts)} parts")
    content, signature = parts[0], parts[1].content()
    found = cms.verify(signature, content.raw.chunks(), agreement.theirs, at=at, allowed=agreement.digests)
    return replace(
        state, entity=content, covered=content.raw, signed=True, signer=found.signer, signed_mic=Mic(found.content_digest, found.digest)
    )


def _demand_security(state: _State, agreement: Agreement) -> None:
    """More than agreed is welcome (A14), less is not (A11 to A13)."""
    if agreement.must_sign and not state.signed:
        raise CmsError(cms.Reason.SECURITY, "the message is not signed, signing is agreed")
    if agreement.must_encrypt and not state.encrypted:
        raise CmsError(cms.Reason.SECURITY, "the message is not encrypted, encryption is agreed")


def _payloads(entity: Entity, sink: Sink) -> Iterable[Payload]:
    """The documents: all parts of a multipart/related or mixed (RFC 6362), else the one."""
    if entity.content_type.value in {"multipart/related", "multipart/mixed"}:
        for part in entity.parts():
            yield from _payloads(part, sink)
    else:
        yield Payload(
            content=_content(entity, sink),
            content_type=entity.headers.get("content-type") or "application/octet-stream",
            filename=entity.filename,
        )


def _content(entity: Entity, sink: Sink) -> Slice:
    """The document itself. Raises FormatError for what no program here reads: a certificate exchange (row 91)."""
    if entity.content_type.value.startswith(CERTIFICATE_EXCHANGE):
        raise FormatError("certificate exchange messages (RFC 6017) are not supported; send the certificate by mail")
    return entity.body if entity.is_plain else sink(entity.decoded())
