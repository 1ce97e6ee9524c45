"""AS2 under attack: nothing weak is written, nothing changed is taken, certificates count to the second, old receipts are not given away."""

from __future__ import annotations

import base64
import re
import secrets
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from asn1crypto import cms as asn1
from asn1crypto import core
from pydantic import ValidationError

from edi.channels.as2 import CipherName, DigestName, Settings
from edi.channels.as2.agreement import Agreement, Security
from edi.channels.as2.building import Outgoing, build
from edi.channels.as2.mdn import read_mdn
from edi.channels.as2.opening import Opened, Payload, open_message
from edi.formats.mime import Headers
from edi.slices import Slice
from edi.store import tables
from tests.channels.as2.rig import As2House, Heard, Peer, pem_key, post, raw, request, with_receipt
from tests.engine.house import invoice, order
from tests.formats.cms.conftest import NOW, make_identity

Make = Callable[..., As2House]
WEAK = {
    *("1.2.840.113549.2.5", "1.3.14.3.2.26", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5"),  # MD5, SHA-1, and RSA with them
    *("1.2.840.113549.3.7", "1.2.840.113549.3.2", "1.3.14.3.2.7", "1.2.840.113549.3.4"),  # triple DES, RC2, DES, RC4
}
HERE = Path("workspace")
ANY = {"us": "US", "them": "THEM", "ours": [{"certificate": "us.pem", "key": "${file:us.key}"}], "theirs": ["them.pem"]}


def sides(**changes: Any) -> tuple[Agreement, Agreement]:
    """Sender's and receiver's."""
    us, them = make_identity("us"), make_identity("them")
    sender = Agreement(us="US", them="THEM", ours=(us,), theirs=(them.certificate,), **changes)
    return sender, Agreement(us="THEM", them="US", ours=(them,), theirs=(us.certificate,))


def written(agreement: Agreement) -> Outgoing:
    payload = Payload(content=Slice.of(order()), content_type="application/edifact", filename="o.edi")
    return build([payload], agreement, message_id="<1@us>", subject="x", at=NOW, random=secrets.token_bytes)


def oids(value: object) -> set[str]:
    """Every object identifier within a DER value, contents of octet strings that are DER included."""
    if isinstance(value, core.ObjectIdentifier):
        return {value.dotted}
    if isinstance(value, core.OctetString | core.ParsableOctetString | core.Any):
        try:
            return oids(core.load(bytes(value.contents if isinstance(value, core.Any) else value.native)))
        except (ValueError, TypeError):
            return set()
    if isinstance(value, core.Sequence | core.SequenceOf | core.Set | core.SetOf):
        return {found for one in value for found in oids(value[one] if isinstance(one, str) else one)}
    if isinstance(value, core.Choice):
        return oids(value.chosen)
    return set()


@pytest.mark.storeless
@pytest.mark.parametrize("cipher", [one for one in get_args(CipherName) if one != "3des"])
@pytest.mark.parametrize("digest", get_args(DigestName))
def test_t13_nothing_we_write_names_a_weak_algorithm(cipher: str, digest: str) -> None:
    sender, receiver = sides(sending=Security(sign=digest, encrypt=cipher))
    message = written(sender)
    outside = oids(asn1.ContentInfo.load(bytes(message.body)))
    found = opened(message, bytes(message.body), receiver)
    signed = written(replace(sender, sending=Security(sign=digest, encrypt=None)))
    inside = oids(asn1.ContentInfo.load(_signature(signed)))

    assert found.payloads
    assert len(outside) > 2
    assert len(inside) > 4
    assert set() == (outside | inside) & WEAK


def _signature(message: Outgoing) -> bytes:
    """The detached signature of a message that is only signed."""
    found = re.search(rb"application/pkcs7-signature.*?\r\n\r\n(.*?)\r\n--", bytes(message.body), re.DOTALL | re.IGNORECASE)
    assert found
    return base64.b64decode(found[1]) if found[1][:1] != b"0" else found[1]


@pytest.mark.storeless
@pytest.mark.parametrize(
    "changes", [{"sign": "sha1"}, {"sign": "md5"}, {"encrypt": "rc2"}, {"encrypt": "des"}, {"receipt": {"digests": ["sha1"]}}]
)
def test_t13_nobody_can_ask_us_to_write_with_a_broken_algorithm(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({**ANY, **changes})
    risky = Settings.model_validate({**ANY, "encrypt": "3des"})

    assert ["weak_cipher"] == [risk.name for risk in risky.risks()], "and triple DES only by name and reason"


# -- what was changed on the way ---------------------------------------------------------------------------------------


@pytest.mark.storeless
def test_t11_blocks_of_a_cipher_text_that_were_swapped_are_never_delivered() -> None:
    """Swapped, doubled or flipped anywhere: encryption alone proves nothing, the signature inside does (EFAIL)."""
    sender, receiver = sides(sending=Security(sign="sha256", encrypt="aes256-cbc"))
    message = written(sender)
    body = bytes(message.body)
    start = len(body) - 16 * 40
    changed = []
    for number in range(0, 38, 3):
        one, other = (start + 16 * number, start + 16 * (number + 1))
        swapped = body[:one] + body[other : other + 16] + body[one : one + 16] + body[other + 16 :]
        doubled = body[:other] + body[one : one + 16] + body[other + 16 :]
        flipped = body[:one] + bytes([body[one] ^ 1]) + body[one + 1 :]
        changed += [swapped, doubled, flipped]
    found = [opened(message, one, receiver) for one in changed]

    assert opened(message, body, receiver).payloads
    assert [()] * len(changed) == [one.payloads for one in found]
    refusals = {"integrity-check-failed", "decryption-failed", "authentication-failed", "unexpected-processing-error"}
    assert {one.disposition.text for one in found} <= refusals


def opened(message: Outgoing, body: bytes, receiver: Agreement) -> Opened:
    return open_message(Headers(tuple(message.headers)), Slice.of(body), receiver, at=NOW)


@pytest.mark.storeless
def test_t11_encryption_without_a_signature_is_refused_unless_the_risk_is_accepted_by_name() -> None:
    sender, receiver = sides(sending=Security(sign=None, encrypt="aes256-cbc"))
    message = written(sender)

    assert "insufficient-message-security" == opened(message, bytes(message.body), receiver).disposition.text
    risky = Settings.model_validate({**ANY, "accept": {"signed": False}})
    assert ["unsigned"] == [risk.name for risk in risky.risks()]


# -- certificates count to the second ----------------------------------------------------------------------------------

BEGINS, ENDS = NOW - timedelta(days=1), NOW + timedelta(days=365)
SECOND = timedelta(seconds=1)


def renew(made: As2House) -> None:
    """Certificates of both sides that last for two years."""
    made.us, made.them = make_identity("us", days=800), make_identity("them", days=800)
    for name, identity in (("us", made.us), ("them", made.them)):
        (made.folder / f"{name}.pem").write_text(identity.certificate.pem().decode())
        (made.folder / f"secrets/{name}.key").write_text(pem_key(identity).decode())


@pytest.mark.parametrize(
    ("at", "counts"),
    [(BEGINS - SECOND, False), (BEGINS + SECOND, True), (ENDS - SECOND, True), (ENDS + SECOND, False)],
)
def test_t14_a_certificate_counts_from_its_first_second_to_its_last(house: Make, at: datetime, counts: bool) -> None:
    """T14, F-U10: the partner's outside its time fails to authenticate, inbound; nothing of it is delivered."""
    made = house()
    message = made.message()
    made.clock._now = at
    with made.serving() as port:
        said = read_mdn_of(made, post(port, message), at)

    assert ("processed" if counts else "processed/error: authentication-failed") == said
    assert counts == bool([state for state, _ in made.received() if state != "quarantined"])


def read_mdn_of(made: As2House, heard: Heard, at: datetime) -> str:
    certificates = (made.us.certificate,)
    return str(read_mdn(heard.headers, heard.body, certificates, at=min(max(at, BEGINS), ENDS), digests=("sha256",)).disposition)


def test_f_u10_a_certificate_that_ends_at_midnight_in_the_middle_of_a_queue_stops_it_before_anything_leaves(
    house: Make, peer: Peer
) -> None:
    """T14, F-U10: what was sent before counts, what is due after waits with the reason, and goes once the certificate was replaced."""
    made = house(url=peer.url)
    made.clock._now = ENDS - timedelta(minutes=1)
    peer.scripts.append(with_receipt(made))
    made.drop_invoice(invoice("R-1"))
    made.engine.run_once()
    sent = len(peer.heard)
    made.clock._now = ENDS + SECOND
    made.drop_invoice(invoice("R-2"))
    made.engine.run_once()
    before, after = made.rows(tables.outbound)

    assert (1, 1) == (sent, len(peer.heard)), "nothing left after midnight"
    assert ("acknowledged", "retry_wait") == (before.state, after.state)
    assert "valid" in after.reason

    renew(made)
    made.clock.forward(hours=5)
    made.engine.settle()
    assert ["acknowledged", "acknowledged"] == [row.state for row in made.rows(tables.outbound)]


def test_f_o12_a_partner_who_changed_certificates_gets_what_was_not_sent_yet_under_the_new_one(house: Make, peer: Peer) -> None:
    """T14, F-O12: what was never tried is made for the new key; what was tried goes again as it was, and their refusal is final."""
    made = house(url=peer.url)
    peer.scripts.append(lambda _heard: None)  # the connection is cut: nobody knows whether it arrived
    made.drop_invoice(invoice("R-1"))
    made.engine.run_once()
    made.drop_invoice(invoice("R-2"))
    made.engine.poll("erp-in")
    made.engine.process()
    old, made.them = made.them, make_identity("them", days=800)
    (made.folder / "them.pem").write_text(made.them.certificate.pem().decode())
    made.engine.close()
    made.again()
    peer.scripts[:] = [with_receipt(made)]
    made.clock.forward(hours=1)
    made.engine.settle()
    first, second = made.rows(tables.outbound)
    again = [heard for heard in peer.heard[1:] if heard.headers.get("message-id") == peer.heard[0].headers.get("message-id")]

    assert old.certificate != made.them.certificate
    assert ("rejected", "acknowledged") == (first.state, second.state)
    assert "decryption-failed" in first.reason
    assert {peer.heard[0].body} == {heard.body for heard in again}


# -- old messages ------------------------------------------------------------------------------------------------------


def test_t16_f_a27_a_message_that_comes_again_after_399_days_is_still_a_duplicate(house: Make) -> None:
    """T16, F-A27: the memory of Message-IDs lasts as long as the archive, restarts and all; the content under another id is one too."""
    made = house()
    renew(made)
    made.engine.close()
    made.again()
    message = made.message()
    with made.serving() as port:
        first = post(port, message)
    made.engine.settle()
    answers = []
    for days in (29, 370):
        made.engine.close()
        made.again()
        made.clock.forward(days=days)
        with made.serving() as port:
            answers.append(post(port, message))
        made.engine.settle()
    with made.serving() as port:
        post(port, made.message(message_id="<m-2@acme>"))
    made.engine.settle()

    assert [first.body] * 2 == [one.body for one in answers]
    assert [1, 1] == [sum(name in row.transport_id for row in made.rows(tables.transmission)) for name in ("m-1@acme", "m-2@acme")]
    assert 1 == len(list((made.folder / "data/erp/out").iterdir()))


def test_f_a21_who_hangs_up_before_the_receipt_gets_the_same_one_later_and_there_is_one_effect(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            connection.sendall(request(message.headers, message.body))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not a goodbye
        first, second = post(port, message), post(port, message)
    made.engine.settle()

    assert (200, first.body) == (first.status, second.body)
    assert [("accepted", order())] == made.received()
    assert 1 == len(list((made.folder / "data/erp/out").iterdir()))


# -- names and headers that would like to steer ------------------------------------------------------------------------

INTERNAL = (
    *("channel", "partner", "route", "kind", "mapping", "test", "state", "transmission", "transport-id", "filename", "identity", "effect"),
    *("x-channel", "x-partner", "x-route", "x-kind", "x-original-url", "x-forwarded-for", "x-forwarded-host", "x-http-method-override"),
    *("camelhttpuri", "camelfilename", "camelbeanmethodname", "camelexecCommandExecutable", "breadcrumbid", "edi-partner", "edi-route"),
    *("us", "them", "payload", "payload_sha256", "response", "envelope", "released", "duplicate-of", "agreement", "guide", "read", "write"),
    *("to", "from", "when", "content", "control-reference", "recipient-address", "receipt-delivery", "document-kind", "message-type"),
)


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_t03_header_fields_named_like_our_own_words_steer_nothing(house: Make, spell: Callable[[str], str]) -> None:
    made = house()
    plain, steered = made.message(), made.message(order("4712", reference="2"), message_id="<m-2@acme>")
    more = tuple((spell(name), "globex/../../x") for name in INTERNAL)
    with made.serving() as port:
        post(port, plain)
        answered = raw(port, request((*steered.headers, *more), steered.body))
    made.engine.settle()

    assert answered is not None
    assert 200 == answered.status
    for table, names in (
        (tables.transmission, ("channel", "partner", "state")),
        (tables.message, ("partner", "route", "kind", "test", "state")),
    ):
        first, second = ([getattr(row, name) for name in names] for row in made.rows(table))
        assert first == second
    assert len(INTERNAL) > 45
