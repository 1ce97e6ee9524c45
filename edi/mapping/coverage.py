"""What a mapping carries of many messages: how much, what is left over again and again, which patterns never matched, which terms are bound."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from edi.mapping.nodes import Entry
from edi.mapping.result import Reading, Unmapped
from edi.mapping.spoke import Spoke


@dataclass(slots=True, kw_only=True)
class Coverage:
    """Sums over messages."""

    messages: int = 0
    components: int = 0
    left_over: int = 0
    ignored: int = 0
    leftovers: Counter[str] = field(default_factory=Counter)
    """What found no place, with its qualifier, and in how many messages."""
    examples: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    """Patterns that no message had."""
    _used: set[str] = field(default_factory=set)

    @property
    def share(self) -> float:
        """Carried or ignored by name, of all components; 1.0 for none."""
        return 1 - self.left_over / self.components if self.components else 1.0

    def add(self, reading: Reading) -> None:
        """Count one message, read with `trace=True`."""
        self.messages += 1
        self.components += reading.components
        self.left_over += len(reading.unmapped)
        self.ignored += reading.ignored
        for name in {label(one) for one in reading.unmapped}:
            self.leftovers[name] += 1
        for one in reading.unmapped:
            self.examples.setdefault(label(one), one.segment)
        self._used |= {trace.line for trace in reading.traces}

    def close(self, spoke: Spoke) -> None:
        """Say which patterns never matched."""
        fields = {entry.number for _, entry in spoke.binding.fields()}
        self.unused = tuple(
            f"{_line(entry)}: {entry.pattern.text}"
            for entry in spoke.definition.entries()
            if entry.number in fields and entry.direction != "write" and _line(entry) not in self._used
        )

    def sentences(self, whose: str = "") -> list[str]:
        """`LOC+27 in 212 of 430 messages of partner acme, never mapped`, the most frequent first."""
        of = f"messages {whose}" if whose else "messages"
        return [f"{name} in {count} of {self.messages} {of}, never mapped" for name, count in self.leftovers.most_common()]


def covered(spoke: Spoke, messages: Iterable[object]) -> Coverage:
    """The coverage of some messages by a mapping."""
    result = Coverage()
    for message in messages:
        reading = spoke.read(message, trace=True).value
        if reading is not None:
            result.add(reading)
    result.close(spoke)
    return result


def label(one: Unmapped) -> str:
    """What a leftover is called: tag and qualifier of a segment, the path without values elsewhere."""
    matched = re.match(r"([A-Z][A-Z0-9]{2})\+([^+:]{1,3})(?=[+:]|$)", one.segment)
    if matched:
        where = f" {one.where.element}.{one.where.component}" if (one.where.element or 1) > 1 else ""
        return f"{matched[1]}+{matched[2]}{where}"
    return one.segment[:3] if re.match(r"[A-Z]{3}\+", one.segment) else one.segment


def business_terms(spoke: Spoke) -> dict[str, bool]:
    """Each EN 16931 term of the kind's model, and whether the mapping binds it."""
    bound = spoke.bound()
    terms: dict[str, bool] = {}
    for leaf in spoke.definition.root.leaves():
        for term in re.findall(r"BT-\d+", leaf.bt):
            terms[term] = terms.get(term, False) or leaf.path in bound
    return dict(sorted(terms.items(), key=lambda pair: int(pair[0][3:])))


def _line(entry: Entry) -> str:
    return f"{entry.place.file.rpartition('/')[2]}:{entry.place.line}"
