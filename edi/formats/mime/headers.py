"""Header fields: unfolded for reading, the first of a name wins, parameters as RFC 2045 and RFC 2231 write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from edi.errors import LimitError

HEADER_BYTES_MAX: Final = 64 * 1024
"""All fields of one entity. Mail with long chains of Received lines has 20 kB."""
HEADERS_MAX: Final = 500

_UNFOLD = re.compile(rb"\r?\n[ \t]+")
_PARAMETER = re.compile(r';[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Headers:
    """Name and value of every field, in order, names as they were written."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The value of the first field of that name, in any case of letters."""
        wanted = name.lower()
        for key, value in self.fields:
            if key.lower() == wanted:
                return value
        return default

    def all(self, name: str) -> tuple[str, ...]:
        wanted = name.lower()
        return tuple(value for key, value in self.fields if key.lower() == wanted)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(key.lower() == name.lower() for key, _ in self.fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)


def read_headers(raw: bytes) -> Headers:
    """The fields of a header block; lines that are no field are passed over. Raises LimitError for too many."""
    fields = []
    for line in re.split(rb"\r?\n", _UNFOLD.sub(b" ", raw)):
        name, colon, value = line.partition(b":")
        if colon and name.strip() and not name[:1].isspace():
            fields.append((name.strip().decode("ascii", "replace"), value.strip().decode("utf-8", "replace")))
    if len(fields) > HEADERS_MAX:
        raise LimitError(f"{len(fields)} header fields, at most {HEADERS_MAX} are read")
    return Headers(tuple(fields))


class Parameters(Mapping[str, str]):
    """A value such as `multipart/signed; micalg=sha-256`: the value itself and its parameters, names in lower case."""

    def __init__(self, value: str, found: Sequence[tuple[str, str]]) -> None:
        self.value = value
        self._found: dict[str, str] = {}
        for name, text in found:
            self._found.setdefault(name, text)

    def __getitem__(self, name: str) -> str:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@lru_cache(maxsize=64)
def parameters(field: str) -> Parameters:
    """The value and its parameters; quotes and RFC 2231 continuations and charsets are resolved."""
    value, semicolon, rest = field.partition(";")
    pairs = [(match[1].lower(), _unquoted(match)) for match in _PARAMETER.finditer(semicolon + rest)]
    plain = [(name, text) for name, text in pairs if "*" not in name]
    return Parameters(value.strip().lower(), [*_extended(pairs), *plain])


def _unquoted(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3].strip()


def _extended(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """`filename*0*=utf-8''a%20`, `filename*1=b` -> `filename`."""
    parts: dict[str, list[tuple[int, bool, str]]] = {}
    for name, text in pairs:
        base, star, order = name.partition("*")
        if not star:
            continue
        encoded = order.endswith("*") or order == ""
        number = order.removesuffix("*")
        if number.isdecimal() or number == "":
            parts.setdefault(base, []).append((int(number or 0), encoded, text))
    return [(base, _joined(sorted(found))) for base, found in parts.items()]


def _joined(found: list[tuple[int, bool, str]]) -> str:
    charset, octets = "utf-8", b""
    for index, (_, encoded, text) in enumerate(found):
        if encoded and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)  # noqa: PLW2901 -- the language tag is nobody's business here
        octets += _percent(text) if encoded else text.encode()
    try:
        return octets.decode(charset or "utf-8", "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


def _percent(text: str) -> bytes:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), text.encode())
