"""Generated Python made runnable: the programs of a mapping, each made when it is first needed, or taken from where it was kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import CodeType
from typing import TypeAlias

from edi.mapping.conversion import Conversion
from edi.mapping.emission import Emission
from edi.mapping.kept import Kept
from edi.mapping.runtime import NAMESPACE, NONE

Generate: TypeAlias = Callable[[str, str, bool], Emission]
"""The text of `read` or `write`, for a release, traced or not."""


class Programs:
    """By direction, release (empty where the syntax has none) and whether traced."""

    def __init__(self, name: str, generate: Generate, kept: Kept) -> None:
        self._name = name
        self._generate = generate
        self._kept = kept
        self._made: dict[tuple[str, str, bool], Callable[..., object]] = {}

    def __call__(self, direction: str, release: str, traced: bool) -> Callable[..., object]:
        """The function that reads or writes."""
        key = (direction, release, traced)
        if key not in self._made:
            title = " ".join(filter(None, (self._name, direction, release, "traced" if traced else "")))
            code, conversions = self._kept.program(title) or self._compiled(title, key)
            self._made[key] = _function(direction, code, conversions)
        return self._made[key]

    def _compiled(self, title: str, key: tuple[str, str, bool]) -> tuple[CodeType, Sequence[Conversion]]:
        text = self._generate(*key).text
        code: CodeType = compile(text.source, f"<{title}>", "exec")  # the title appears in tracebacks
        self._kept.keep_program(title, code, text.conversions)
        return code, text.conversions


def _function(name: str, code: CodeType, conversions: Sequence[Conversion]) -> Callable[..., object]:
    namespace: dict[str, object] = {**NAMESPACE, "NONE": NONE}
    namespace.update({f"k{index}": conversion for index, conversion in enumerate(conversions)})
    for index, conversion in enumerate(conversions):
        if (direct := conversion.direct) is not None:
            namespace[f"r{index}"], namespace[f"w{index}"] = direct
    exec(code, namespace)  # noqa: S102 -- text of our own generators: names are checked, values are repr()
    function = namespace[name]
    assert callable(function)
    return function
