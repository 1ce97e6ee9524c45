"""Generated Python made runnable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType

from edi.mapping.codecs.base import Value
from edi.mapping.emission import Emission
from edi.mapping.expressions import Expression
from edi.mapping.runtime import NAMESPACE, NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A compiled program: its entry function and, for people, its text."""

    function: Callable[..., object]
    source: str


def assemble(emission: Emission, *, name: str, entry: str) -> Program:
    """Compile what an emission holds; `name` appears in tracebacks."""
    source = emission.text.source
    code: CodeType = compile(source, f"<{name}>", "exec")
    namespace: dict[str, object] = {**NAMESPACE, "NONE": NONE}
    namespace.update({f"k{index}": conversion for index, conversion in enumerate(emission.text.conversions)})
    for index, conversion in enumerate(emission.text.conversions):
        if (direct := conversion.direct) is not None:
            namespace[f"r{index}"], namespace[f"w{index}"] = direct
    exec(code, namespace)  # noqa: S102 -- text of our own generators: names are checked, values are repr()
    function = namespace[entry]
    assert callable(function)
    return Program(function=function, source=source)


def runnable(expression: Expression) -> Callable[..., Value | None]:
    """The expression as a function of object, document and run."""
    namespace: dict[str, object] = {**NAMESPACE, "NONE": NONE}
    return eval(f"lambda o, root, x: {expression.python}", namespace)  # type: ignore[no-any-return]  # noqa: S307 -- our own compiler's output
