"""What an operator does in the browser: the verbs of the command line, by the same functions of the engine, audited with who and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from edi.engine.operator import Act, Operator

Do = Callable[[Operator, str, Act], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb, and what it is for."""

    name: str
    letters: str
    """Of the rows it acts on: `TM`."""
    states: frozenset[str]
    """In which it makes sense; elsewhere it is not offered."""
    needs_why: bool
    says: str
    do: Do


VERBS: Final[Mapping[str, Verb]] = {
    verb.name: verb
    for verb in (
        Verb(name="release", letters="TMO", states=frozenset({"quarantined", "conflict", "held", "unroutable", "map_failed", "invalid"}), needs_why=False,
             says="process it as looked at, or queue it again", do=lambda engine, name, act: engine.release(name, act)),
        Verb(name="hold", letters="O", states=frozenset({"ready", "retry_wait"}), needs_why=False,
             says="keep it back until it is released", do=lambda engine, name, act: engine.hold(name, act)),
        Verb(name="retry", letters="O", states=frozenset({"retry_wait", "unknown", "ready"}), needs_why=False,
             says="try it now instead of later", do=lambda engine, name, act: engine.retry(name, act)),
        Verb(name="resend", letters="O", states=frozenset({"failed", "rejected", "overdue", "acknowledged"}), needs_why=False,
             says="send the same bytes under the same identity again", do=lambda engine, name, act: engine.resend(name, act)),
        Verb(name="resubmit", letters="O", states=frozenset({"failed", "rejected", "cancelled", "acknowledged", "overdue"}), needs_why=True,
             says="send it under a new identity and new control references", do=lambda engine, name, act: engine.resubmit(name, act)),
        Verb(name="cancel", letters="MO", states=frozenset({"ready", "retry_wait", "unknown", "overdue", "held"}), needs_why=True,
             says="never send or process it", do=lambda engine, name, act: engine.cancel(name, act)),
        Verb(name="discard", letters="T", states=frozenset({"quarantined", "conflict"}), needs_why=True,
             says="give it up; its bytes stay in the archive", do=lambda engine, name, act: engine.discard(name, act)),
        Verb(name="waive", letters="A", states=frozenset({"expected", "overdue"}), needs_why=True,
             says="wait no more for this acknowledgement", do=lambda engine, name, act: engine.waive(name, act)),
    )
}  # fmt: skip
"""The engine's state table has the last word: what it does not allow is refused with its sentence."""


def offered(name: str, state: str) -> tuple[Verb, ...]:
    """The verbs that make sense for a row in a state."""
    return tuple(verb for verb in VERBS.values() if name[:1] in verb.letters and state in verb.states)
