"""Generated Python as lines with indentation, and the objects it refers to."""

from __future__ import annotations

from dataclasses import dataclass, field

from edi.mapping.conversion import Conversion
from edi.mapping.nodes import Entry


@dataclass(slots=True)
class PythonText:
    """Functions are finished one after the other; `conversions` are what `k1`, `k2`, ... mean."""

    functions: list[list[str]] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)

    def function(self, head: str) -> Body:
        """A new function; `head` is what stands between `def` and the colon."""
        lines = [f"def {head}:"]
        self.functions.append(lines)
        return Body(lines)

    def conversion(self, conversion: Conversion) -> str:
        """The name of a conversion in the generated text."""
        for index, known in enumerate(self.conversions):
            if known is conversion:
                return f"k{index}"
        self.conversions.append(conversion)
        return f"k{len(self.conversions) - 1}"

    @property
    def source(self) -> str:
        """The whole text."""
        return "\n\n".join("\n".join(lines if _says_something(lines[1:]) else [*lines, "    pass"]) for lines in self.functions) + "\n"


def _says_something(lines: list[str]) -> bool:
    return any(not line.lstrip().startswith("#") for line in lines)


@dataclass(slots=True)
class Body:
    """The lines of one function, written at a depth that goes up and down."""

    lines: list[str]
    depth: int = 1

    def put(self, text: str) -> None:
        """One line at the present depth."""
        self.lines.append("    " * self.depth + text)

    def open(self, text: str) -> None:
        """A line that opens a block."""
        self.put(text)
        self.depth += 1

    def close(self, count: int = 1) -> None:
        """Ends blocks; one that stayed empty gets a `pass`."""
        for _ in range(count):
            said = next((line for line in reversed(self.lines) if not line.lstrip().startswith("#")), "")
            if said.endswith(":") and len(said) - len(said.lstrip(" ")) == 4 * (self.depth - 1):
                self.put("pass")
            self.depth -= 1

    def comment(self, entry: Entry) -> None:
        """The mapping line a passage comes from."""
        self.put(comment_of(entry))


def comment_of(entry: Entry) -> str:
    """`# orders.map.yaml:52: QTY+47:{quantity}`"""
    return f"# {entry.place.file.rpartition('/')[2]}:{entry.place.line}: {' '.join(entry.pattern.text.split())}"


def constants(alternatives: tuple[str, ...], value: str) -> str:
    """A Python condition: the value is one of the alternatives."""
    if len(alternatives) == 1:
        return f"{value} == {alternatives[0]!r}"
    return f"{value} in {alternatives!r}"
