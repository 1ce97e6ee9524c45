"""Codecs that change the form of a text."""

from __future__ import annotations

from edi.mapping.codecs.base import CodecError, Setting, TextCodec, Value
from edi.mapping.problems import Refused


class Pad(TextCodec):
    """Leading zeros up to a length on the wire, none in the document.

    >>> Pad("18", Setting()).write("4711")
    '000000000000004711'
    >>> Pad("18", Setting()).read("000000000000004711")
    '4711'
    """

    name = "pad"
    exactness = "norm"
    usage = "pad(18): zeros in front up to 18 characters when writing, taken away when reading"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.length = size(argument, self.name)

    def read(self, text: str) -> str:
        return text.lstrip("0") or "0"

    def write(self, text: str) -> str:
        if len(text) > self.length:
            raise CodecError(f"{text!r} is longer than the {self.length} characters of pad({self.length})")
        return text.rjust(self.length, "0")

    def image(self, number: int) -> Value:
        return str(number % 10 ** min(self.length, 15))


class StripZeros(TextCodec):
    """Leading zeros of the wire are dropped when reading; writing adds none.

    >>> StripZeros(None, Setting()).read("00010"), StripZeros(None, Setting()).write("10")
    ('10', '10')
    """

    name = "strip0"
    exactness = "norm"
    usage = "strip0: zeros in front are taken away when reading"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        no_argument(argument, self.name)

    def read(self, text: str) -> str:
        return text.lstrip("0") or "0"

    def write(self, text: str) -> str:
        return text

    def image(self, number: int) -> Value:
        return str(number)


class Upper(TextCodec):
    """Capital letters on both sides.

    >>> Upper(None, Setting()).read("stk")
    'STK'
    """

    name = "upper"
    exactness = "norm"
    usage = "upper: capital letters on both sides"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        no_argument(argument, self.name)

    def read(self, text: str) -> str:
        return text.upper()

    def write(self, text: str) -> str:
        return text.upper()

    def image(self, number: int) -> Value:
        return f"V{number}"


class Fixed(TextCodec):
    """Blanks behind up to a length on the wire, none in the document.

    >>> Fixed("6", Setting()).write("AB") + "|"
    'AB    |'
    """

    name = "fixed"
    exactness = "norm"
    usage = "fixed(10): blanks behind up to 10 characters when writing, taken away when reading"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.length = size(argument, self.name)

    def read(self, text: str) -> str | None:
        return text.rstrip(" ") or None

    def write(self, text: str) -> str:
        if len(text) > self.length:
            raise CodecError(f"{text!r} is longer than the {self.length} characters of fixed({self.length})")
        return text.ljust(self.length)

    def image(self, number: int) -> Value:
        return f"v{number}"[-self.length :]


class Cut(TextCodec):
    """Shortens when writing; a declared loss.

    >>> Cut("5", Setting()).write("Schrauben")
    'Schra'
    """

    name = "cut"
    exactness = "loss"
    usage = "cut(35): at most 35 characters are written; the rest is lost, and the mapping says so"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.length = size(argument, self.name)

    def read(self, text: str) -> str:
        return text

    def write(self, text: str) -> str:
        return text[: self.length].rstrip(" ")

    def image(self, number: int) -> Value:
        return f"v{number}"[-self.length :]


class Like(TextCodec):
    """A fixed form around the value, or the form of a date.

    >>> Like("'PO-{}'", Setting()).read("PO-4711"), Like("'PO-{}'", Setting()).write("4711")
    ('4711', 'PO-4711')
    >>> Like("'DD.MM.YYYY'", Setting(kind="moment")).read("15.03.2024")
    '2024-03-15'
    """

    name = "like"
    usage = "like('PO-{}'), like('DD.MM.YYYY'): the form on the wire around the value, or of a date"

    def __init__(self, argument: str | None, setting: Setting) -> None:
        self.form = quoted(argument, self.name)
        self.is_date = "YYYY" in self.form or "YY" in self.form
        if not self.is_date and self.form.count("{}") != 1:
            raise Refused(f"the form {self.form!r} has no place for the value", hint="like('PO-{}'), or a date like('DD.MM.YYYY')")
        self.head, _, self.tail = self.form.partition("{}")
        self.pattern = date_form(self.form) if self.is_date else None

    def read(self, text: str) -> str | None:
        if self.pattern is not None:
            return self._read_date(text)
        if not text.startswith(self.head) or not text.endswith(self.tail) or len(text) < len(self.head) + len(self.tail):
            raise CodecError(f"{text!r} does not look like {self.form!r}")
        return text[len(self.head) : len(text) - len(self.tail)] or None

    def write(self, text: str) -> str:
        if self.pattern is None:
            return self.head + text + self.tail
        if len(text) != 10:
            raise CodecError(f"{text!r} has a time; {self.form!r} has none", hint="take the date alone: |date before like")
        return self.form.replace("YYYY", text[:4]).replace("YY", text[2:4]).replace("MM", text[5:7]).replace("DD", text[8:10])

    def _read_date(self, text: str) -> str:
        assert self.pattern is not None
        places, length = self.pattern
        if len(text) != length:
            raise CodecError(f"{text!r} does not look like {self.form!r}")
        year = text[places["YYYY"] : places["YYYY"] + 4] if "YYYY" in places else "20" + text[places["YY"] : places["YY"] + 2]
        return f"{year}-{text[places['MM'] : places['MM'] + 2]}-{text[places['DD'] : places['DD'] + 2]}"

    def image(self, number: int) -> Value | None:
        return f"20{number % 80 + 10}-{number // 80 % 12 + 1:02}-{number // 960 % 28 + 1:02}" if self.is_date else None


def date_form(form: str) -> tuple[dict[str, int], int]:
    """Where year, month and day stand in a form, and its length."""
    year = "YYYY" if "YYYY" in form else "YY"
    places = {part: form.find(part) for part in (year, "MM", "DD")}
    if min(places.values()) < 0:
        raise Refused(f"the date form {form!r} needs a year, MM and DD")
    return places, len(form)


def size(argument: str | None, codec: str) -> int:
    """The number a codec was given. Raises Refused."""
    if argument is None or not argument.strip().isdigit() or not 0 < int(argument) <= 99_999:
        raise Refused(f"{codec} needs a number of characters", hint=f"{codec}(35)")
    return int(argument)


def quoted(argument: str | None, codec: str) -> str:
    """The text a codec was given in quotes; backslash n is a line break. Raises Refused."""
    text = (argument or "").strip()
    if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0]:
        raise Refused(f"{codec} needs a text in quotes", hint=f"{codec}('…')")
    return text[1:-1].replace("\\n", "\n")


def no_argument(argument: str | None, codec: str) -> None:
    """Raises Refused if the codec was given something."""
    if argument:
        raise Refused(f"{codec} takes nothing in parentheses")
