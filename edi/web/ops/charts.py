"""Bar charts as SVG made here: no script, no style of their own, and a table beside each for those who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 180
LEFT: Final = 48
BOTTOM: Final = 22
STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rectangle."""

    x: float
    y: float
    width: float
    height: float
    series: int
    """From 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A label with its place."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart, and what its table says."""

    key: str
    title: str
    says: str
    """One sentence for those who cannot see it."""
    series: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """One for each label: the label, then what each series says."""
    bars: tuple[Bar, ...]
    lines: tuple[Mark, ...]
    """Horizontal lines with their values."""
    marks: tuple[Mark, ...]
    """Below the bars."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM


def chart(
    *, key: str, title: str, unit: str, series: Sequence[str], labels: Sequence[str], values: Sequence[Sequence[float | None]]
) -> Chart:
    """`values`: for each label one value per series; None where there is nothing to say."""
    highest = max((value for row in values for value in row if value is not None), default=0.0)
    top = nice(highest)
    said = f"The highest is {_number(highest)} {unit}." if highest else f"Nothing in these {len(labels)} hours."
    return Chart(
        key=key,
        title=title,
        says=said,
        series=tuple(series),
        labels=tuple(labels),
        rows=tuple((label, *(_number(value) for value in row)) for label, row in zip(labels, values, strict=True)),
        bars=tuple(_bars(values, top)),
        lines=tuple(Mark(at=_y(top * part / 2, top), text=_number(top * part / 2)) for part in range(3)),
        marks=tuple(Mark(at=_x(index, len(labels)), text=label) for index, label in enumerate(labels) if index % 4 == 0),
    )


def nice(highest: float) -> float:
    """The least of 1, 2, 5, 10, 20, 50, ... (or their tenths) that is not below."""
    if highest <= 0:
        return 1.0
    power = 0.1
    while True:
        for step in STEPS:
            if step * power >= highest:
                return step * power
        power *= 10


def _bars(values: Sequence[Sequence[float | None]], top: float) -> list[Bar]:
    found = []
    slot = (WIDTH - LEFT) / max(1, len(values))
    for index, row in enumerate(values):
        width = slot * 0.8 / max(1, len(row))
        for series, value in enumerate(row):
            if value:
                y = _y(value, top)
                x = LEFT + index * slot + slot * 0.1 + series * width
                height = HEIGHT - BOTTOM - y
                found.append(Bar(x=round(x, 1), y=round(y, 1), width=round(width, 1), height=round(height, 1), series=series))
    return found


def _x(index: int, count: int) -> float:
    return round(LEFT + (index + 0.5) * (WIDTH - LEFT) / max(1, count), 1)


def _y(value: float, top: float) -> float:
    return round(10 + (HEIGHT - BOTTOM - 10) * (1 - value / top), 1)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
