"""Codecs for numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from edi.mapping.codecs.base import CodecError, Setting, Value, ValueCodec
from edi.mapping.codecs.text import no_argument
from edi.mapping.problems import Refused


def number(value: Value) -> Decimal:
    """The value as a decimal. Raises CodecError."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise CodecError(f"{value!r} is not a number")


class NumberCodec(ValueCodec):
    """One that only numbers can pass."""


class Negated(NumberCodec):
    """The other sign on the wire.

    >>> Negated(None, Setting()).read(Decimal("-5.50"))
    Decimal('5.50')
    """

    name = "neg"
    usage = "neg: the wire has the other sign"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        no_argument(argument, self.name)

    def read(self, value: Value) -> Value:
        return -number(value)

    def write(self, value: Value) -> Value:
        return -number(value)

    def image(self, number: int) -> Value:
        return Decimal(number + 1) / 10


class Scale(NumberCodec):
    """The document's number is the wire's times a factor; exact in both directions.

    >>> Scale("100", Setting()).read(Decimal("0.02")), Scale("100", Setting()).write(Decimal("2"))
    (Decimal('2.00'), Decimal('0.02'))
    """

    name = "scale"
    exactness = "norm"
    usage = "scale(100): the document has 2 where the wire has 0.02"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        try:
            self.factor = Decimal((argument or "").strip())
        except InvalidOperation as error:
            raise Refused("scale needs a number", hint="scale(100)") from error
        if not self.factor or not self.factor.is_finite() or not (1 / self.factor * self.factor == 1):
            raise Refused(f"dividing by {self.factor} is not exact", hint="use a power of ten")

    def read(self, value: Value) -> Value:
        return number(value) * self.factor

    def write(self, value: Value) -> Value:
        return number(value) / self.factor

    def image(self, number: int) -> Value:
        return Decimal(number)


class Absolute(NumberCodec):
    """The number without its sign; reading only.

    >>> Absolute(None, Setting()).read(Decimal("-3"))
    Decimal('3')
    """

    name = "abs"
    exactness = "read-only"
    usage = "abs: the sign is dropped when reading; only in entries with `dir: read`"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        no_argument(argument, self.name)

    def read(self, value: Value) -> Value:
        return abs(number(value))

    def write(self, value: Value) -> Value:
        return number(value)

    def image(self, number: int) -> Value:
        return Decimal(number)
