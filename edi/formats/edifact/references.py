"""Message references (0062) seen in an interchange: may one come again, and has it?

Rule 1: exact, and in bounded memory for those who number on: a run of numbers takes the place of one.
"""

from __future__ import annotations

Run = tuple[str | None, str, int]
"""Group, what stands before the digits, and how many digits if they begin with zeros (else 0)."""

DIGITS_MAX = 18
"""What fits a machine word; 0062 has 14 characters."""


class References:
    """The references of one interchange; those of different functional groups do not meet."""

    def __init__(self) -> None:
        self._runs: dict[Run, list[int]] = {}
        """First and last number of each."""
        self._others: set[tuple[str | None, str]] = set()
        """Those of no run."""

    def add(self, reference: str, group: str | None = None) -> None:
        """Remember a reference."""
        if self.holds(reference, group):
            return
        key, number = _cut(reference, group)
        if number is None:
            self._others.add((group, reference))
            return
        run = self._runs.setdefault(key, [number, number])
        if number == run[1] + 1:
            run[1] = number
        elif number != run[0]:
            self._others.add((group, reference))

    def holds(self, reference: str, group: str | None = None) -> bool:
        """True if it was added before."""
        key, number = _cut(reference, group)
        run = self._runs.get(key)
        return (run is not None and number is not None and run[0] <= number <= run[1]) or (group, reference) in self._others


def _cut(reference: str, group: str | None) -> tuple[Run, int | None]:
    """The run a reference may belong to, and its number there; None if it does not end in digits."""
    head = reference.rstrip("0123456789")
    digits = reference[len(head) :]
    if not 0 < len(digits) <= DIGITS_MAX:
        return (group, head, 0), None
    return (group, head, len(digits) if digits[0] == "0" else 0), int(digits)
