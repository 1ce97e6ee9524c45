"""What a person can do about something that waits for one, as a table beside the states: the commands as they are typed, and when each is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from edi.engine.states import Machine

_PROCESS_AGAIN: Final = ("edi replay {file}", "process it again, after a mapping, partner, route or channel was changed")
_CORRECT: Final = (
    "edi patch {name} --segment N --replace 'TAG+...' --why '...'",
    "correct a copy, as agreed with the partner, and process that",
)
_AS_IT_IS: Final = ("edi release {name} --why '...'", "process it as it is: somebody looked at it")
_NEVER_PROCESS: Final = ("edi cancel {name} --why '...'", "never process it; its bytes stay in the archive")
_SAME_AGAIN: Final = ("edi resend {name}", "send the same bytes under the same identity: the receiver knows it is the same")
_NEW_IDENTITY: Final = ("edi resubmit {name} --why '...'", "send the document as a new one, linked to this")
_NEVER_SEND: Final = ("edi cancel {name} --why '...'", "never send it")
_SEE_ROUTES: Final = ("edi explain {name}", "see why each route fits or not")
_COMPARE: Final = ("edi trace {name}", "see what it stands in conflict with")

ADVICE: Final[Mapping[tuple[Machine, str], tuple[tuple[str, str], ...]]] = {
    (Machine.TRANSMISSION, "quarantined"): (
        _PROCESS_AGAIN, _AS_IT_IS, ("edi discard {name} --why '...'", "give it up; its bytes stay in the archive"),
    ),
    (Machine.TRANSMISSION, "conflict"): (
        _COMPARE, _AS_IT_IS, ("edi discard {name} --why '...'", "give it up; its bytes stay in the archive"),
    ),
    (Machine.INTERCHANGE, "conflict"): (_COMPARE, ("edi release {file} --why '...'", "process it as it is: somebody compared the two")),
    (Machine.INTERCHANGE, "held_test"): (("edi release {file} --why '...'", "process it although it is marked as a test"),),
    (Machine.INTERCHANGE, "unreportable"): (_PROCESS_AGAIN, ("edi release {file} --why '...'", "process what can be read of it")),
    (Machine.MESSAGE, "invalid"): (
        ("", "the partner sends it again, corrected; or:"), _CORRECT, _PROCESS_AGAIN, _AS_IT_IS,
    ),
    (Machine.MESSAGE, "unroutable"): (_SEE_ROUTES, _PROCESS_AGAIN, _NEVER_PROCESS),
    (Machine.MESSAGE, "map_failed"): (_PROCESS_AGAIN, _CORRECT, _NEVER_PROCESS),
    (Machine.MESSAGE, "held"): (_AS_IT_IS, _NEVER_PROCESS),
    (Machine.MESSAGE, "conflict"): (_COMPARE, _AS_IT_IS, _NEVER_PROCESS),
    (Machine.MESSAGE, "dead_letter"): (("edi trace {name}", "see which output was refused or given up"), _NEVER_PROCESS),
    (Machine.MESSAGE, "unmatched"): (_PROCESS_AGAIN, _NEVER_PROCESS),
    (Machine.OUTBOUND, "held"): (("edi release {name}", "send it"), _NEVER_SEND),
    (Machine.OUTBOUND, "failed"): (_SAME_AGAIN, _NEW_IDENTITY),
    (Machine.OUTBOUND, "rejected"): (_SAME_AGAIN, _NEW_IDENTITY),
    (Machine.OUTBOUND, "overdue"): (_SAME_AGAIN, _NEVER_SEND),
    (Machine.OUTBOUND, "retry_wait"): (("edi retry {name}", "try it now instead of later"), ("edi hold {name}", "keep it back")),
    (Machine.OUTBOUND, "unknown"): (("edi retry {name}", "send the same again now instead of later"), _NEVER_SEND),
    (Machine.ACKNOWLEDGEMENT, "overdue"): (("edi waive {name} --why '...'", "wait no more for it"),),
}  # fmt: skip
"""By machine and state: command and when it is right. `{name}` is what it is about, `{file}` the transmission it came in."""


def advice(machine: Machine, state: str, *, name: str, file: str | None) -> tuple[tuple[str, str], ...]:
    """What can be done about `name`, which came in `file` (T12; None: it was made here); empty if nothing waits for a person."""
    rows = ADVICE.get((machine, state), ())
    return tuple((command.format(name=name, file=file), purpose) for command, purpose in rows if file or "{file}" not in command)
