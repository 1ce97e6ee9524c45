"""What is exchanged with other AS2 products: one case each, with the rows of the checklist it shows, our settings and theirs.

The tests run this table and docs/reference/as2.md prints it, so that neither can say more than the other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    return {"channel": ours | more.get("channel", {}), "peer": theirs | more.get("peer", {})}


def _core() -> tuple[Case, ...]:
    cases = []
    row = 0
    for sign, encrypt in ((False, False), (True, False), (False, True), (True, True)):
        for mdn in ("none", "unsigned sync", "signed sync", "signed async"):
            row += 1
            what = {(False, False): "plain", (True, False): "signed", (False, True): "encrypted"}.get((sign, encrypt), "signed and encrypted")
            also = (48 if sign else 49 if encrypt else 50,) if mdn != "none" else (46,)
            also += (81,) if mdn.endswith("async") else ()
            cases.append(
                Case(key=f"core-{row}", rows=(row, *also), says=f"{what}, receipt {mdn}", **_security(sign=sign, encrypt=encrypt, mdn=mdn))
            )
    return tuple(cases)


def _case(key: str, rows: tuple[int, ...], says: str, *, channel: Mapping[str, Any] = {}, peer: Mapping[str, str] = {}, **more: Any) -> Case:
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
            ("application/edifact", "application/edi-x12", "application/edi-consent", "application/xml", "application/json", "application/octet-stream", "text/plain")
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
    _case("zip-noise", (30,), "compressed, and larger for it", payload=NOISE, filename="noise.bin", channel=_COMPRESSED["before"], peer=_ZLIB),
)
ALL: Final = (*CORE, *CONTENTS, *COMPRESSION)
