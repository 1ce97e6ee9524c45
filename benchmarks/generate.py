"""Interchanges of any size for the benchmarks: EANCOM-like INVOIC, ORDERS and DESADV, the same bytes for the same seed.

Release sequences stand in about one segment of fifty, letters beyond ASCII in one text of twenty, so that no reader wins by ignoring them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import chain

WORDS = [
    "Bolt",
    "Washer",
    "Gasket",
    "Cable",
    "Lamp",
    "Switch",
    "Pump",
    "Valve",
    "Filter",
    "Bracket",
    "Motor",
    "Sensor",
    "Panel",
    "Cover",
    "Plate",
    "Spring",
    "Bearing",
    "Pipe",
    "Hose",
    "Clamp",
    "Drill",
    "Saw",
    "Handle",
    "Steel",
]
FOREIGN = ["Größe", "Müller", "Façade", "Señor", "Überzug", "Ångström", "Niño", "Straße", "Köln", "Pâté", "Brûlée", "Ærø"]
SPECIAL = ["5?+1 gratis", "O?'Neill", "Ratio 4?:3", "Really??", "A?+B", "12?'?' pipe", "C?+?+ part"]

INTERCHANGE = "UNB+UNOC:3+4012345000009:14+5412345000013:14+240131:1200+REF1'"


class Writer:
    """Makes messages from one random stream."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._number = 0

    def mixed(self, size: int) -> Iterator[bytes]:
        """Messages of 20 to 200 lines of all three types, until that many bytes are reached; with UNB and UNZ."""
        yield f"UNA:+.? '{INTERCHANGE}".encode("latin-1")
        written = count = 0
        while written < size:
            kind: Callable[[int], list[str]] = self._random.choice([self.invoice, self.order, self.despatch])
            data = self.message(kind, 20 + int(self._random.random() ** 2 * 180))
            written += len(data)
            count += 1
            yield data
        yield f"UNZ+{count}+REF1'".encode()

    def message(self, kind: Callable[[int], list[str]], lines: int, release: str = "96A") -> bytes:
        self._number += 1
        name = {"invoice": "INVOIC", "order": "ORDERS", "despatch": "DESADV"}[kind.__name__]
        body = kind(lines)
        segments = [f"UNH+M{self._number}+{name}:D:{release}:UN:EAN008", *body, f"UNT+{len(body) + 2}+M{self._number}", ""]
        return "'".join(segments).encode("latin-1")

    def invoice(self, lines: int) -> list[str]:
        body = [
            f"BGM+380+INV{self._number:08}+9",
            self._date(137),
            self._date(35),
            f"RFF+ON:PO{self._digits(8)}",
            *self._parties("SU", "BY", "DP"),
        ]
        body += ["CUX+2:EUR:4", "PAT+1++5:3:D:30"]
        for line in range(1, lines + 1):
            body += [
                f"LIN+{line}++{self._digits(13)}:EN",
                f"PIA+1+A{self._digits(7)}:SA",
                f"IMD+F++:::{self._text()}",
                f"QTY+47:{self._count()}:PCE",
            ]
            body += [f"MOA+203:{self._amount()}", f"PRI+AAA:{self._amount()}", "TAX+7+VAT+++:::19+S"]
        body += [
            "UNS+S",
            f"CNT+2:{lines}",
            *(f"MOA+{code}:{self._amount()}" for code in (77, 79, 124, 125)),
            "TAX+7+VAT+++:::19+S",
            f"MOA+124:{self._amount()}",
        ]
        return body

    def order(self, lines: int) -> list[str]:
        body = [
            f"BGM+220+PO{self._number:08}+9",
            self._date(137),
            self._date(2),
            f"FTX+AAI+++{self._text()}:{self._text()}",
            *self._parties("BY", "SU", "DP"),
        ]
        body.append("CUX+2:EUR:9")
        for line in range(1, lines + 1):
            body += [
                f"LIN+{line}++{self._digits(13)}:EN",
                f"PIA+1+A{self._digits(7)}:SA",
                f"IMD+F++:::{self._text()}",
                f"QTY+21:{self._count()}:PCE",
            ]
            if self._random.random() < 0.3:
                body.append(self._date(2))
            body.append(f"PRI+AAA:{self._amount()}")
        return [*body, "UNS+S", f"CNT+2:{lines}"]

    def despatch(self, lines: int) -> list[str]:
        return list(self.despatch_segments(lines))

    def despatch_segments(self, lines: int) -> Iterator[str]:
        yield from (f"BGM+351+DA{self._number:08}+9", self._date(137), f"RFF+ON:PO{self._digits(8)}", *self._parties("SU", "BY", "DP"))
        yield from ("CPS+1", "PAC+9++201")
        for line in range(1, lines + 1):
            if line % 50 == 1:
                yield from (f"CPS+{line // 50 + 2}+1", "PAC+1++201", "PCI+33E", f"GIN+BJ+3{self._digits(17)}")
            yield from (f"LIN+{line}++{self._digits(13)}:EN", f"PIA+1+A{self._digits(7)}:SA", f"QTY+12:{self._count()}:PCE")
        yield f"CNT+2:{lines}"

    def _parties(self, *qualifiers: str) -> list[str]:
        body = []
        for each in qualifiers:
            street = f"{self._text()[:20].rstrip('?')} {self._count()}"
            body.append(f"NAD+{each}+{self._digits(13)}::9++{self._text()}+{street}+Koeln++{self._digits(5)}+DE")
        return body

    def _text(self) -> str:
        words = [self._random.choice(WORDS), self._random.choice(WORDS)]
        chance = self._random.random()
        if chance < 0.05:
            words[0] = self._random.choice(FOREIGN)
        elif chance < 0.11:
            words[1] = self._random.choice(SPECIAL)
        return " ".join(words)

    def _date(self, qualifier: int) -> str:
        return f"DTM+{qualifier}:2024{self._random.randint(1, 12):02}{self._random.randint(1, 28):02}:102"

    def _digits(self, count: int) -> str:
        return str(self._random.randrange(10 ** (count - 1), 10**count))

    def _count(self) -> int:
        return self._random.randint(1, 500)

    def _amount(self) -> str:
        return f"{self._random.randint(1, 99999)}.{self._random.randint(0, 99):02}"


def mixed(size: int, seed: int = 1) -> bytes:
    """One interchange of at least that many bytes."""
    return b"".join(Writer(seed).mixed(size))


def one_despatch_advice(lines: int, seed: int = 1) -> bytes:
    """One interchange with one DESADV of that many lines."""
    return b"".join(long_message_parts(lines, seed))


def long_message_parts(lines: int, seed: int = 1) -> Iterator[bytes]:
    """The same a line at a time, so that nobody need hold it."""
    writer = Writer(seed)
    yield f"UNA:+.? '{INTERCHANGE}".encode()
    count = 0
    for segment in chain(["UNH+M1+DESADV:D:96A:UN:EAN005"], writer.despatch_segments(lines)):
        count += 1
        yield f"{segment}'".encode("latin-1")
    yield f"UNT+{count + 1}+M1'UNZ+1+REF1'".encode()
