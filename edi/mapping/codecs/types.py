"""The codecs a field's type brings along; most fields need no other."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from edi.mapping.codecs.base import Codec, CodecError, Value

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_DATE_WITH_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)", re.ASCII)


class TypeCodec(Codec):
    """Text on the wire <-> a value of the field's type."""

    stage = "type"

    def read(self, text: str) -> Value:
        raise NotImplementedError

    def write(self, value: Value) -> str:
        raise NotImplementedError


class Text(TypeCodec):
    """Text and codes as they are.

    >>> Text().read("A-1"), Text().write("A-1")
    ('A-1', 'A-1')
    """

    name = "text"
    usage = "text and codes, unchanged"

    def read(self, text: str) -> Value:
        return text

    def write(self, value: Value) -> str:
        if not isinstance(value, str):
            raise CodecError(f"{value!r} is not text", hint="give the field a codec, or correct the document")
        return value


class Number(TypeCodec):
    """Exact decimals; comma or point, trailing zeros and the sender's digits kept.

    >>> Number().read("1,50"), Number().write(Decimal("1.50"))
    (Decimal('1.50'), '1.50')
    >>> Number().read("1250-")
    Decimal('-1250')
    """

    name = "decimal"
    usage = "an exact number; comma or point when reading, a minus sign in front or behind"

    def read(self, text: str) -> Value:
        return decimal(text)

    def write(self, value: Value) -> str:
        return decimal_text(value)

    def image(self, number: int) -> Value:
        return Decimal(number) / (1, 10, 100)[number % 3]


def decimal(text: str) -> Decimal:
    """The exact number a wire text says. Raises CodecError."""
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    tidy = text.strip().replace(",", ".")
    if tidy.endswith("-"):
        tidy = "-" + tidy[:-1]
    tidy = tidy.removeprefix("+")
    if not re.fullmatch(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)", tidy):
        raise CodecError(f"{text!r} is not a number", hint="digits with one decimal mark and an optional minus sign")
    return Decimal(tidy)


def decimal_text(value: Value) -> str:
    """The number in plain digits with a point."""
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise CodecError(f"{value!r} is not an exact number", hint="numbers of a document are decimals")


class Truth(TypeCodec):
    """`true` and `false`; `1` and `0` are read too.

    >>> Truth().read("true"), Truth().write(False)
    (True, 'false')
    """

    name = "bool"
    usage = "true or false"

    def read(self, text: str) -> Value:
        if text in ("true", "1"):
            return True
        if text in ("false", "0"):
            return False
        raise CodecError(f"{text!r} is neither true nor false", hint="give the field a table: map(A=false, C=true)")

    def write(self, value: Value) -> str:
        if not isinstance(value, bool):
            raise CodecError(f"{value!r} is neither true nor false")
        return "true" if value else "false"

    def image(self, number: int) -> Value:
        return number % 2 == 0


class Moment(TypeCodec):
    """A date, or a date and time with or without zone, as ISO 8601 writes it.

    >>> Moment().read("2024-03-15"), Moment().write("2024-03-15T10:23:00+01:00")
    ('2024-03-15', '2024-03-15T10:23:00+01:00')
    """

    name = "moment"
    usage = "an ISO 8601 date, or date and time"

    def read(self, text: str) -> Value:
        if with_zone := _DATE_WITH_ZONE.fullmatch(text):
            return str(checked_moment(with_zone[1]))
        return checked_moment(text)

    def write(self, value: Value) -> str:
        if not isinstance(value, str):
            raise CodecError(f"{value!r} is not a date or time")
        return value

    def image(self, number: int) -> Value:
        day = f"20{number % 80 + 10}-{number // 80 % 12 + 1:02}-{number // 960 % 28 + 1:02}"
        return day + ("", "", "T10:30", "T10:30:15", "T23:59:01+01:00")[number % 5]


def checked_moment(text: str) -> str:
    """The moment unchanged, if such a day and time exist."""
    try:
        if len(text) == 10:
            date.fromisoformat(text)
            return text
        if _MOMENT.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError as error:
        raise CodecError(f"{text!r} is a date or time that does not exist") from error
    raise CodecError(f"{text!r} is not a date like 2024-03-15 or a date and time like 2024-03-15T10:23:00")


TYPES: dict[str, TypeCodec] = {"text": Text(), "code": Text(), "decimal": Number(), "bool": Truth(), "moment": Moment()}
