"""Small structures of BER and DER in memory: taken apart into the bytes as they came, never written again.

What is wrong with one is a ValueError; who reads it says what that means. The stream around a message's content is `der.Source`'s.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from edi.formats.cms.der import DEPTH_MAX, OID, wrap

VALUES_MAX: Final = 10_000
"""Side by side in one structure; signatures and recipients have tens."""
END_MARK: Final = b"\0\0"


class Value(NamedTuple):
    """Tag, content without marks, and the whole of it."""

    tag: int
    content: bytes
    raw: bytes


def value(data: bytes) -> Value:
    """The first value; what follows it is nobody's."""
    return _value(data, 0, 0)[0]


def values(content: bytes) -> list[Value]:
    """The values that a constructed one holds."""
    found, at = [], 0
    while at < len(content):
        one, at = _value(content, at, 0)
        found.append(one)
        if len(found) > VALUES_MAX:
            raise ValueError(f"more than {VALUES_MAX} values")
    return found


def _value(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    """A value and where the next begins."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise ValueError("no tag that CMS knows")
    tag, first, start = data[at], data[at + 1], at + 2
    if first == 0x80:
        end = _end(data, start, depth)
        return Value(tag, data[start:end], data[at : end + 2]), end + 2
    if first > 0x80:
        start += first & 0x7F
        first = int.from_bytes(data[at + 2 : start], "big")
    end = start + first
    if end > len(data):
        raise ValueError("it ends in the middle")
    return Value(tag, data[start:end], data[at:end]), end


def _end(data: bytes, at: int, depth: int) -> int:
    """Where the mark stands that ends a value of indefinite length."""
    if depth > DEPTH_MAX:
        raise ValueError(f"nested more than {DEPTH_MAX} deep")
    while data[at : at + 2] != END_MARK:
        _, at = _value(data, at, depth + 1)
    return at


def octets(one: Value, depth: int = 0) -> bytes:
    """What an OCTET STRING holds, in one piece or cut into many (BER)."""
    if not one.tag & 0x20:
        return one.content
    if depth > DEPTH_MAX:
        raise ValueError(f"nested more than {DEPTH_MAX} deep")
    return b"".join(octets(piece, depth + 1) for piece in values(one.content))


def integer(one: Value) -> int:
    """What an INTEGER says."""
    return int.from_bytes(one.content, "big", signed=True)


def oid(dotted: str) -> bytes:
    """An object identifier with tag and length: `1.2.840.113549.1.7.1`."""
    first, second, *rest = map(int, dotted.split("."))
    return wrap(OID, b"".join(_base128(number) for number in (first * 40 + second, *rest)))


def _base128(number: int) -> bytes:
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(number & 0x7F | 0x80)
    return bytes(reversed(found))


def dotted(one: Value) -> str:
    """An object identifier as people write it."""
    numbers, number = [], 0
    for byte in one.content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2) if numbers else 0
    return ".".join(map(str, (first, numbers[0] - first * 40, *numbers[1:]))) if numbers else ""
