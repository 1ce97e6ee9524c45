"""EANCOM: what the association assigned code 0057 (`EAN008`) changes in a directory.

Rule 1: code lists are extended: EANCOM assigns values before the UN does. No value of the UN list is taken away. What we know
        of the additions is a part: a value that may be one of them (`may_add`) is a warning, not an error.
Rule 2: structures are narrowed beside the UN structure, never in place of it: a segment that EANCOM leaves out is still
        read, and a validator can say so. A partner who sends one too many is read, not refused.
Rule 3: facts only, in `schemas/edifact/eancom/`; what is not known for certain is marked there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse

NUMBERED: Final = re.compile(r"[0-9]{1,2}E|[XY][A-Z]?[0-9]")
"""How EANCOM numbers values of its own in any list: `22E`, `X1`, `YA2`."""

CODE_LENGTH: Final = len("EAN008")


def is_eancom(association: str) -> bool:
    """True for `EAN` and a three-digit version, with anything behind it: users append letters of their own."""
    digits = association[3:CODE_LENGTH]
    return association.startswith("EAN") and len(digits) == 3 and digits.isdigit()


def parse_codes(text: str, element_id: str) -> dict[str, str]:
    """The values that EANCOM adds to one element, with their names."""
    facts = (line.split(" ", 3) for line in _facts(text))
    return {value: name for element, value, _certainty, name in facts if element == element_id}


def may_add(text: str, element_id: str, value: str) -> bool:
    """True if a value that is in no list here looks like EANCOM's own: numbered in its manner, or letters in a list that it extends."""
    extends = any(line.startswith(f"{element_id} ") for line in _facts(text))
    return NUMBERED.fullmatch(value) is not None or (extends and not value.isdigit())


def parse_groups(text: str, message_type: str, association: str, release: str) -> dict[int, frozenset[str]]:
    """What narrowed groups of one message hold: tags, and `SG32` for groups, by the number of the group."""
    narrowed = {}
    for line in _facts(text):
        head, _, content = line.partition(": ")
        kind, code, directory, number = head.split()
        if (kind, code, directory) == (message_type, association[:CODE_LENGTH], release):
            narrowed[int(number)] = frozenset(content.split())
    return narrowed


def narrow(message: MessageType, groups: Mapping[int, frozenset[str]]) -> MessageType:
    """The message without what the association leaves out of its groups."""
    return replace(message, items=_narrow(message.items, groups))


def _narrow(items: Iterable[SegmentUse | GroupUse], groups: Mapping[int, frozenset[str]]) -> tuple[SegmentUse | GroupUse, ...]:
    return tuple(_narrow_group(item, groups) if isinstance(item, GroupUse) else item for item in items)


def _narrow_group(group: GroupUse, groups: Mapping[int, frozenset[str]]) -> GroupUse:
    held = groups.get(group.number)
    kept = [item for item in group.items if held is None or _name(item) in held]
    return replace(group, items=_narrow(kept, groups))


def _name(item: SegmentUse | GroupUse) -> str:
    return item.tag if isinstance(item, SegmentUse) else item.name


def _facts(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]
