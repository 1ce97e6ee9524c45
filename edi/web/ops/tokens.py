"""Checks ID tokens of OpenID Connect (OpenID Connect Core 1.0, section 3.1.3.7): signed by the provider, for us, now, for this sign-in.

Rule: which algorithms are believed is said here, never by the token; `none` and shared-secret algorithms are not among them.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

SKEW_SECONDS: Final = 60
TOKEN_CHARACTERS_MAX: Final = 16_000
KEY_BITS_MIN: Final = 2048


class RefusedTokenError(Exception):
    """Nobody is signed in by this token; the text is for the log."""


def claims(token: str, keys: Sequence[Mapping[str, Any]], *, issuer: str, audience: str, nonce: str, now: float) -> Mapping[str, Any]:
    """What the token says, all of it checked. Raises RefusedTokenError otherwise."""
    parts = token.split(".")
    if len(token) > TOKEN_CHARACTERS_MAX or len(parts) != 3:
        raise RefusedTokenError("the ID token is no signed one")
    header, said, signature = _object(parts[0]), _object(parts[1]), _bytes(parts[2])
    key = _key(keys, header)
    _check_signature(key, str(header.get("alg")), f"{parts[0]}.{parts[1]}".encode(), signature)
    _check(said, issuer=issuer, audience=audience, nonce=nonce, now=now)
    return said


def _check(said: Mapping[str, Any], *, issuer: str, audience: str, nonce: str, now: float) -> None:
    receivers = said.get("aud")
    receivers = receivers if isinstance(receivers, list) else [receivers]
    wrong = (
        ("issuer", said.get("iss") != issuer),
        ("audience", audience not in receivers or (len(receivers) > 1 and said.get("azp") != audience)),
        ("party", said.get("azp", audience) != audience),
        ("time", not _number(said.get("exp")) > now - SKEW_SECONDS or _number(said.get("iat")) > now + SKEW_SECONDS),
        ("nonce", not hmac.compare_digest(str(said.get("nonce", "")).encode(), nonce.encode())),
    )
    for name, failed in wrong:
        if failed:
            raise RefusedTokenError(f"the ID token has the wrong {name}")


def _key(keys: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> Mapping[str, Any]:
    fitting = [one for one in keys if one.get("use", "sig") == "sig" and ("kid" not in header or one.get("kid") == header["kid"])]
    if len(fitting) != 1:
        raise RefusedTokenError("the provider has no such key")
    return fitting[0]


def _check_signature(key: Mapping[str, Any], algorithm: str, said: bytes, signature: bytes) -> None:
    try:
        match key.get("kty"), algorithm:
            case "RSA", "RS256":
                _rsa(key).verify(signature, said, padding.PKCS1v15(), SHA256())
            case "RSA", "PS256":
                _rsa(key).verify(signature, said, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())
            case "EC", "ES256":
                if len(signature) != 64:
                    raise RefusedTokenError("the signature has another length")
                pair = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
                _elliptic(key).verify(encode_dss_signature(*pair), said, ec.ECDSA(SHA256()))
            case _:
                raise RefusedTokenError(f"the algorithm {algorithm!r} is not believed")
    except (InvalidSignature, ValueError, KeyError) as error:
        raise RefusedTokenError("the signature is not the provider's") from error


def _rsa(key: Mapping[str, Any]) -> rsa.RSAPublicKey:
    found = rsa.RSAPublicNumbers(_integer(key["e"]), _integer(key["n"])).public_key()
    if found.key_size < KEY_BITS_MIN:
        raise RefusedTokenError("the provider's key is too short")
    return found


def _elliptic(key: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    if key.get("crv") != "P-256":
        raise RefusedTokenError("the provider's key is on another curve")
    return ec.EllipticCurvePublicNumbers(_integer(key["x"]), _integer(key["y"]), ec.SECP256R1()).public_key()


def _integer(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_bytes(text))
    except ValueError as error:
        raise RefusedTokenError("the ID token is not JSON") from error
    if not isinstance(found, dict):
        raise RefusedTokenError("the ID token is no object")
    return found


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise RefusedTokenError("the ID token is not base64") from error


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
