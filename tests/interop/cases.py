"""What is exchanged with other AS2 products: one case each, with the rows of the checklist it shows, our settings and theirs.

The tests run this table and docs/reference/as2.md prints it, so that neither can say more than the other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

Way = Literal["send", "receive"]
"""`send`: ours to theirs. `receive`: theirs to ours."""
BOTH: Final[tuple[Way, ...]] = ("send", "receive")

EDI: Final = b"UNA:+.? 'UNB+UNOC:3+4012345500004:14+4054321000009:14+261124:0914+1'UNZ+0+1'"
BINARY: Final = bytes(range(256)) * 16 + b"\r\n\n\r\0"
NOISE: Final = random.Random(7).randbytes(200_000)
SIGNED_MDN: Final = "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One exchange with one product, each way it is tried."""

    key: str
    """Also the channel's name and part of both AS2 names."""
    rows: tuple[int, ...]
    """Of the checklist."""
    says: str
    channel: Mapping[str, Any] = field(default_factory=dict)
    """Keys of our channel beside names, address and certificates; `{us}` and `{peer}` stand for the ports."""
    peer: Mapping[str, str] = field(default_factory=dict)
    """Settings of their side for what they send."""
    ways: tuple[Way, ...] = BOTH
    scripted: tuple[Way, ...] = ()
    """Ways that have a test of their own."""
    payload: bytes = EDI
    filename: str = "order.edi"
    content_type: str = "application/edifact"
    ours: tuple[str, ...] = ("us",)
    """Our certificates, the newest first; they know the last one of these that is not called `strange`."""
    theirs: tuple[str, ...] = ("them",)
    """Theirs, as we know them; they use the first one, unless `peer_uses` says otherwise."""
    key_kinds: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, str] | None = None
    """Our and their AS2 name, where they matter."""
    peer_knows: str | None = None
    """Our certificate as they know it, where it is not our first one."""
    peer_uses: str | None = None
    """Their key, where it is not the one we know."""
    sent: str = "acknowledged"
    """How what we send ends: the state, or a word of the reason it was rejected with."""
    refused: str | None = None
    """The disposition we answer with, where we refuse what they send; the word also stands in their log."""

    @property
    def us(self) -> str:
        return self.names[0] if self.names else f"US-{self.key}"

    @property
    def them(self) -> str:
        return self.names[1] if self.names else f"PEER-{self.key}"

    @property
    def asks_receipt(self) -> bool:
        """True if they ask us for one."""
        return "as2_mdn_to" in self.peer

    @property
    def risks(self) -> tuple[str, ...]:
        accept = self.channel.get("accept", {})
        return ("unsigned",) if accept.get("encrypted", True) and not accept.get("signed", True) else ()


def _security(*, sign: bool = True, encrypt: bool = True, mdn: str = "signed sync", **more: Any) -> dict[str, Any]:
    """Our channel and their partnership for one cell of the core matrix."""
    receipt: dict[str, Any] | bool = {"signed": mdn.startswith("signed")}
    if mdn == "none":
        receipt = False
    elif mdn.endswith("async"):
        receipt = {"signed": True, "asynchronous": "http://127.0.0.1:{us}/as2"}
    ours = {
        "sign": "sha256" if sign else False,
        "encrypt": "aes256-cbc" if encrypt else False,
        "receipt": receipt,
        "accept": {"signed": sign, "encrypted": encrypt},
        "receipt_targets": ["http://127.0.0.1:{mdn}"],
    }
    theirs = {"sign": "SHA256"} if sign else {}
    theirs |= {"encrypt": "AES256"} if encrypt else {}
    theirs["as2_mdn_options"] = "none"
    if mdn != "none":
        theirs |= {"as2_mdn_to": "edi@partner.example", "as2_mdn_options": SIGNED_MDN if mdn.startswith("signed") else "none"}
    if mdn.endswith("async"):
        theirs["as2_receipt_option"] = "http://127.0.0.1:{mdn}/mdn?channel=acme"
    return {"channel": _merged(ours, more.get("channel", {})), "peer": theirs | more.get("peer", {})}


def _core() -> tuple[Case, ...]:
    cases = []
    row = 0
    also: tuple[int, ...]
    for sign, encrypt in ((False, False), (True, False), (False, True), (True, True)):
        for mdn in ("none", "unsigned sync", "signed sync", "signed async"):
            row += 1
            what = {(False, False): "plain", (True, False): "signed", (False, True): "encrypted"}.get(
                (sign, encrypt), "signed and encrypted"
            )
            also = (48 if sign else 49 if encrypt else 50,) if mdn != "none" else (46,)
            also += (77, 81) if mdn.endswith("async") else (58, 60, 62, 63) if mdn == "signed sync" else ()
            cases.append(
                Case(key=f"core-{row}", rows=(row, *also), says=f"{what}, receipt {mdn}", **_security(sign=sign, encrypt=encrypt, mdn=mdn))
            )
    return tuple(cases)


def _merged(ours: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others laid over, one level deep."""
    return ours | {
        name: ours[name] | value if isinstance(value, dict) and isinstance(ours.get(name), dict) else value for name, value in more.items()
    }


def _case(
    key: str, rows: tuple[int, ...], says: str, *, channel: Mapping[str, Any] = {}, peer: Mapping[str, str] = {}, **more: Any
) -> Case:
    """A case with everything usual but these settings."""
    security = {name: more.pop(name) for name in ("sign", "encrypt", "mdn") if name in more}
    return Case(key=key, rows=rows, says=says, **_security(**security, channel=channel, peer=peer), **more)


CORE: Final = _core()
CONTENTS: Final = (
    _case("binary", (17,), "all byte values, bare CR and LF, NUL", payload=BINARY, filename="all.bin"),
    _case("lf", (18,), "lines ended by LF", payload=b"a\nb\nc\n"),
    _case("crlf", (18, 53), "lines ended by CRLF, two at the end", payload=b"a\r\nb\r\n\r\n"),
    _case("no-end", (18, 53), "no line end at the end", payload=b"a\r\nb"),
    _case("cr", (18,), "a lone CR", payload=b"a\rb\r"),
    _case("one", (19,), "one byte", payload=b"x"),
    _case("million", (19,), "1 MB", payload=b"0123456789abcdef" * 65536),
    _case("fifty", (19,), "50 MB", payload=b"0123456789abcdef" * 65536 * 50),
    *(
        _case(f"type-{index}", (20,), kind, content_type=kind, peer={"content_type": kind})
        for index, kind in enumerate(
            (
                "application/edifact",
                "application/edi-x12",
                "application/edi-consent",
                "application/xml",
                "application/json",
                "application/octet-stream",
                "text/plain",
            )
        )
    ),
)
_COMPRESSED = {"before": {"compress": "before_signing"}, "after": {"compress": "after_signing"}}
_ZLIB = {"compression_type": "ZLIB"}
_ZLIB_AFTER = {"compression_type": "ZLIB", "compression_mode": "compress-after-signing"}
COMPRESSION: Final = (
    _case("zip", (24,), "compressed only", sign=False, encrypt=False, channel={**_COMPRESSED["before"], "quirks": "openas2"}, peer=_ZLIB),
    _case("zip-sign", (25,), "compressed, then signed", encrypt=False, channel=_COMPRESSED["before"], peer=_ZLIB),
    _case("sign-zip", (26,), "signed, then compressed", encrypt=False, channel=_COMPRESSED["after"], peer=_ZLIB_AFTER),
    _case("zip-seal", (27,), "compressed, then encrypted", sign=False, channel=_COMPRESSED["before"], peer=_ZLIB),
    _case("zip-sign-seal", (28,), "compressed, signed, encrypted", channel=_COMPRESSED["before"], peer=_ZLIB),
    _case("sign-zip-seal", (29,), "signed, compressed, encrypted", channel=_COMPRESSED["after"], peer=_ZLIB_AFTER),
    _case(
        "zip-noise", (30,), "compressed, and larger for it", payload=NOISE, filename="noise.bin", channel=_COMPRESSED["before"], peer=_ZLIB
    ),
)


def _algorithms() -> tuple[Case, ...]:
    digests = (("sha256", "SHA256"), ("sha384", "SHA384"), ("sha512", "SHA512"))
    ciphers = (("aes128-cbc", "AES128"), ("aes192-cbc", "AES192"), ("aes256-cbc", "AES256"))
    cases = [
        _case(
            f"{digest}-{cipher[:6]}",
            (32, 33),
            f"signed with {digest}, encrypted with {cipher}",
            channel={"sign": digest, "encrypt": cipher, "receipt": {"digests": [digest]}},
            peer={"sign": their_digest, "encrypt": their_cipher, "as2_mdn_options": SIGNED_MDN.replace("sha-256", their_digest)},
        )
        for digest, their_digest in digests
        for cipher, their_cipher in ciphers
    ]
    for kind in ("rsa3072", "rsa4096"):
        kinds = {f"us-{kind}": kind, f"them-{kind}": kind}
        cases.append(
            _case(f"key-{kind}", (32,), f"keys of both sides: {kind}", ours=(f"us-{kind}",), theirs=(f"them-{kind}",), key_kinds=kinds)
        )
    for kind in ("p256", "p384"):
        says = f"ECDSA, our key on {kind}; it has none itself"
        cases.append(_case(f"key-{kind}", (32,), says, encrypt=False, ours=(f"us-{kind}",), key_kinds={f"us-{kind}": kind}, ways=("send",)))
    return tuple(cases)


_OPTIONS = {
    "micalg-old": "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha256",
    "micalg-upper": "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, SHA-256, SHA-1",
    "micalg-list": "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-384, sha-256",
    "options-required": "signed-receipt-protocol=required,pkcs7-signature;signed-receipt-micalg=required,sha-256",
}
ALGORITHMS: Final = _algorithms()
RECEIPTS: Final = (
    _case("pss", (32,), "RSASSA-PSS", channel={"pss": True}, ways=("send",)),
    _case("oaep", (33,), "RSAES-OAEP", channel={"oaep": True}, ways=("send",), sent="error-modifier"),
    _case(
        "3des",
        (34,),
        "triple DES both ways where both agreed, with a risk that was accepted",
        channel={"encrypt": "3des", "accept": {"ciphers": ["3des"]}, "i_accept_risk": {"weak_cipher": "a test"}},
        peer={"encrypt": "3DES"},
    ),
    _case("sha1", (34,), "SHA-1 where it was agreed", channel={"accept": {"digests": ["sha1"]}}, peer={"sign": "SHA1"}, ways=("receive",)),
    _case("sha1-no", (34, 69), "SHA-1 where it was not", peer={"sign": "SHA1"}, ways=("receive",), refused="insufficient-message-security"),
    _case(
        "3des-no",
        (34, 69),
        "triple DES where it was not agreed",
        peer={"encrypt": "3DES"},
        ways=("receive",),
        refused="insufficient-message-security",
    ),
    _case(
        "unsigned-no",
        (69,),
        "unsigned where signing was agreed",
        sign=False,
        channel={"sign": "sha256", "accept": {"signed": True}},
        ways=("receive",),
        refused="insufficient-message-security",
    ),
    _case(
        "protected",
        (36,),
        "without RFC 6211's attribute",
        channel={"quirks": "sterling"},
        peer={"remove_cms_algorithm_protection_attrib": "true"},
    ),
    _case(
        "old-names",
        (41,),
        "digests spelled as before 2010",
        channel={"quirks": "before-2010"},
        peer={"as2_mdn_options": _OPTIONS["micalg-old"]},
    ),
    *(
        _case(
            key,
            (41, 44) if key != "options-required" else (44,),
            f"asks for its receipt with `{text}`",
            peer={"as2_mdn_options": text},
            ways=("receive",),
        )
        for key, text in _OPTIONS.items()
    ),
    _case(
        "md5-only",
        (42,),
        "asks for a digest that we do not have",
        peer={"as2_mdn_options": SIGNED_MDN.replace("sha-256", "md5")},
        ways=("receive",),
        refused="unsupported MIC-algorithms",
    ),
    _case(
        "pgp-receipt",
        (43,),
        "asks for a protocol that we do not have",
        peer={"as2_mdn_options": SIGNED_MDN.replace("pkcs7-signature", "pgp-signature")},
        ways=("receive",),
        refused="unsupported format",
    ),
    *(
        _case(f"to-{index}", (45,), f"asks for its receipt to `{to}`", peer={"as2_mdn_to": to}, ways=("receive",))
        for index, to in enumerate(("http://partner.example/mdn", "PARTNER", "?!"))
    ),
    _case("base64", (40,), "base64 inside", peer={"content_transfer_encoding": "base64"}),
    _case("quoted", (40,), "quoted-printable inside", peer={"content_transfer_encoding": "quoted-printable"}, ways=("receive",)),
    _case(
        "cte-http",
        (40,),
        "the encoding only as HTTP's header",
        peer={"set_content_transfer_encoding_http_header": "true"},
        ways=("receive",),
    ),
    _case("chunked", (31,), "in chunks", peer={}, ways=("receive",)),
    _case("length", (31,), "with a length", peer={"no_chunked_max_size": "100000000"}),
    _case(
        "login",
        (22,),
        "with HTTP Basic credentials",
        channel={"basic": {"user": "me", "password": "${env:PATH}"}},
        peer={"http_user": "me", "http_password": "x"},
    ),
    _case(
        "x-headers",
        (51, 61),
        "unknown headers inside and outside",
        peer={"custom_mime_headers": "X-One: 1; X-Two: " + "y" * 300, "add_custom_mime_headers_to_http": "true"},
        ways=("receive",),
    ),
    _case("plain-ids", (59,), "a Message-ID without brackets", peer={"as2_message_id_enclose_in_brackets": "false"}, ways=("receive",)),
)
NAMES: Final = (
    _case("space-names", (54,), "AS2 names with blanks", names=("MUSTER GMBH US", "ACME AG THEM"), ways=("send",)),
    _case(
        "space-id",
        (71,),
        "a Message-ID with blanks",
        names=("MUSTER KG US", "ACME KG THEM"),
        ways=("receive",),
        refused="invalid-message-id",
    ),
    _case("upper-names", (56,), "names that differ only in case, one", names=("CASE-US", "CASE-THEM")),
    _case("lower-names", (56,), "names that differ only in case, the other", names=("case-us", "case-them")),
    _case("long-names", (57,), "128 characters", names=("U" * 128, "T" * 128), ways=("send",)),
    _case("file-plain", (85,), "a file name", filename="ORD-4711_2026.edi"),
    _case("file-blank", (85,), "a file name with blanks", filename="order 4711 of acme.edi"),
    _case("file-unquoted", (85,), "a file name without quotes", channel={"quirks": "plain-filename"}, filename="unquoted.edi"),
    _case("file-foreign", (85,), "a file name beyond ASCII", filename="Bestellung-Köln.edi", ways=("receive",)),
)


def _ours(name: str, **window: str) -> dict[str, str]:
    return {"certificate": f"certificates/{name}.pem", "key": f"${{file:secrets/{name}.key}}", **window}


_LATER: Final = (date.today() + timedelta(days=60)).isoformat()
TROUBLE: Final = (
    _case(
        "strange-us",
        (64,),
        "we sign with a key they do not know",
        peer_knows="us-strange",
        encrypt=False,
        ways=("send",),
        sent="integrity-check-failed",
    ),
    _case(
        "strange-them",
        (64,),
        "they sign with a key we do not know",
        peer_uses="them-strange",
        encrypt=False,
        ways=("receive",),
        refused="authentication-failed",
    ),
    _case(
        "strange-receipt",
        (64,),
        "they sign the receipt with a key we do not know",
        peer_uses="them-strange",
        encrypt=False,
        ways=("send",),
        sent="untrusted-signer",
    ),
    _case(
        "wrong-key",
        (66,),
        "encrypted for a key the other side does not have",
        sign=False,
        peer_knows="us-strange",
        peer_uses="them-strange",
        sent="decryption-failed",
        refused="decryption-failed",
    ),
    _case(
        "roll-theirs",
        (90,),
        "we know their new certificate beside the old one, which they still use",
        theirs=("them", "them-next"),
        peer_uses="them",
        ways=("receive",),
    ),
    _case("roll-new", (90,), "they use their new one", theirs=("them-next", "them")),
    _case(
        "roll-staged",
        (90,),
        "our new one is staged, they know the old one",
        ours=("us", "us-next"),
        channel={"ours": [{**_ours("us-next"), "from": _LATER}, _ours("us")]},
    ),
    _case("roll-ours", (90,), "both know our new one, the old one still opens", ours=("us-next", "us")),
    _case(
        "gcm",
        (33,),
        "AES-GCM, which it does not know: it keeps the sealed bytes, and its receipt gives that away",
        channel={"encrypt": "aes256-gcm"},
        ways=("send",),
        sent="mic-mismatch",
    ),
)


def _scripted(key: str, rows: tuple[int, ...], says: str, scripted: tuple[Way, ...] = BOTH, **more: Any) -> Case:
    """An exchange with a test of its own; it is listed and set up like the others."""
    return _case(key, rows, says, ways=(), scripted=scripted, **more)


_VIA_RELAY: Final = {"resend_requires_new_message_id": "false", "as2_url": "http://127.0.0.1:{relay_to_us}/as2"}
_TO_RELAY: Final = {"url": "http://127.0.0.1:{relay_to_peer}/as2"}
SCRIPTED: Final = (
    _scripted("headers", (44, 45, 59, 61, 62, 63), "requests with other header fields than we write by ourselves", ("send",)),
    _scripted("odd-options", (42,), "asking for a digest that nobody has", ("send",)),
    _scripted(
        "tls",
        (21,),
        "over TLS with a certificate of its own",
        channel={"url": "https://127.0.0.1:{tls}/as2", "tls": {"ca": "certificates/tls.pem"}},
        peer={"as2_url": "https://127.0.0.1:{tls_us}/as2"},
    ),
    _scripted(
        "tls-unknown",
        (21,),
        "a server's certificate that nobody trusts is sent nothing",
        ("send",),
        channel={"url": "https://127.0.0.1:{tls}/as2"},
    ),
    _scripted("flipped", (70,), "one byte changed on the way", encrypt=False, channel=_TO_RELAY, peer=_VIA_RELAY),
    _scripted(
        "lost", (82, 84), "the answer is lost, the same message comes again and nothing happens twice", channel=_TO_RELAY, peer=_VIA_RELAY
    ),
    _scripted("strangers", (73,), "AS2 names that the other side does not know", channel={"them": "SOMEBODY"}),
    _scripted("two", (23,), "two messages, one after the other"),
    _scripted("several", (87, 88), "several documents in one message, which it keeps as one", ("send",)),
)
ALL: Final = (*CORE, *CONTENTS, *COMPRESSION, *ALGORITHMS, *RECEIPTS, *NAMES, *TROUBLE, *SCRIPTED)
_PYAS2_CANNOT: Final = ("zip", "sign-zip", "sign-zip-seal", "zip-noise")
"""It compresses before it signs or not at all; and what is only compressed it gives no MIC for."""


def _as_pyas2_does(case: Case) -> Case:
    """It gives no MIC for what was not signed, and makes every line end of what it sends a CRLF."""
    unsigned = case.channel["sign"] is False and case.channel["receipt"] and case.channel["receipt"]["signed"]
    changed = case.key in {"binary", "lf", "cr"}
    return replace(case, sent="mic-missing" if unsigned else case.sent, ways=("send",) if changed else case.ways)


PYAS2: Final = tuple(
    _as_pyas2_does(case)
    for case in (*CORE, *CONTENTS, *COMPRESSION, *ALGORITHMS)
    if case.content_type == "application/edifact" and not case.key_kinds and case.key not in _PYAS2_CANNOT
)
BY_KEY: Final = {case.key: case for case in ALL}
