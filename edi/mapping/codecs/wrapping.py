"""Codecs that lay one text over several components."""

from __future__ import annotations

import re

from edi.mapping.codecs.base import CodecError, Setting, Value, WireCodec
from edi.mapping.problems import Refused


class Wrapping(WireCodec):
    """What wrap, chunk and lines share: a number of components and a width, from the argument or from the directory."""

    def __init__(self, argument: str | None, setting: Setting) -> None:
        matched = re.fullmatch(r"\s*(?:(\d+)\s*(?:x\s*(\d+))?)?\s*", argument or "")
        if matched is None:
            raise Refused(f"{self.name} needs components x characters", hint=f"{self.name}(5x35), {self.name}(5) or {self.name}")
        self.count = int(matched[1] or setting.repeats or 1)
        self.width = int(matched[2] or setting.width or 0)
        if not self.width:
            raise Refused(f"{self.name} needs a width here", hint=f"{self.name}({self.count}x35)")

    @property
    def span(self) -> int:
        return self.count

    def read(self, components: object) -> Value:
        return self.joiner.join(piece for piece in components if piece)  # type: ignore[attr-defined]  # a list or tuple of text

    def write(self, value: Value) -> list[str]:
        """Raises CodecError if the text does not fit."""
        pieces = self.pieces(str(value))
        if len(pieces) > self.count:
            raise CodecError(
                f"the text of {len(str(value))} characters does not fit {self.count} components of {self.width}",
                hint="allow more with `more: repeat`, or shorten it with |cut(…) and accept the loss",
            )
        return pieces

    def pieces(self, text: str) -> list[str]:
        """The text in pieces of at most the width, as many as it takes."""
        raise NotImplementedError


class Wrap(Wrapping):
    """Broken at blanks, joined by a blank.

    >>> Wrap("2x10", Setting()).write("Muster Lieferant")
    ['Muster', 'Lieferant']
    >>> Wrap("2x10", Setting()).read(["Muster", "Lieferant"])
    'Muster Lieferant'
    """

    name = "wrap"
    exactness = "norm"
    usage = "wrap(5x35): broken at blanks over 5 components of 35 characters, joined by a blank; the size may come from the directory"
    joiner = " "

    def pieces(self, text: str) -> list[str]:
        """One blank goes at each break, all others stay: senders align columns with them. A line of the text begins a component."""
        return [piece for line in re.split(r"\r\n|[\r\n]", text) for piece in self._broken(line)]

    def _broken(self, rest: str) -> list[str]:
        lines: list[str] = []
        while len(rest) > self.width:
            cut = rest.rfind(" ", 1, self.width + 1)
            if cut < 0:
                word = rest.lstrip().split(" ")[0]
                raise CodecError(f"the word {word!r} is longer than {self.width} characters", hint="use chunk, which cuts anywhere")
            lines.append(rest[:cut])
            rest = rest[cut + 1 :]
        return [*lines, rest] if rest else lines

    def image(self, number: int) -> Value:
        words = [f"w{number}{'x' * (number * 7 % 5)}", "?'+:", f"{number % 97}", "ä"][: 1 + number % 4]
        text = " ".join(word[-self.width :] for word in words)
        return text if len(self.pieces(text)) <= self.count else words[0][-self.width :]


class Chunk(Wrapping):
    """Cut exactly at the width, joined by nothing.

    >>> Chunk("2x5", Setting()).write("Schrauben")
    ['Schra', 'uben']
    """

    name = "chunk"
    usage = "chunk(2x35): cut after every 35 characters, joined by nothing"
    joiner = ""

    def pieces(self, text: str) -> list[str]:
        return [text[start : start + self.width] for start in range(0, len(text), self.width)]

    def image(self, number: int) -> Value:
        text = f"t{number} " + "lorem+ipsum:dolor?'ü" * (number % 3)
        return text[: self.count * self.width].strip()


class Lines(Wrapping):
    r"""One component is one line of the text; joined by line breaks.

    >>> Lines("5x70", Setting()).write("first line\nsecond line")
    ['first line', 'second line']
    """

    name = "lines"
    usage = "lines(5x70): one component is one line of the text"
    joiner = "\n"

    def pieces(self, text: str) -> list[str]:
        lines = [line for line in text.split("\n") if line]
        if too_long := next((line for line in lines if len(line) > self.width), None):
            raise CodecError(f"the line {too_long!r} is longer than {self.width} characters", hint="use wrap, which breaks at blanks")
        return lines

    def image(self, number: int) -> Value:
        return "\n".join([f"l{number}"[-self.width :], f"+:{number}"[-self.width :], "ö"][: min(self.count, 1 + number % 3)])
