"""Which rows an act on many is about: all failures of one cause, or all that is held and fits conditions. Names, the oldest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import select

from edi.errors import ConfigError
from edi.store.listing import same
from edi.store.naming import split_name
from edi.store.store import Reading
from edi.store.tables import message, outbound, transmission

KEYS: Final = ("partner", "channel", "kind", "number", "route", "state")
"""What a condition may name."""


def of_cause(view: Reading, cause: str) -> tuple[str, ...]:
    """The inbound transmissions whose messages, or which themselves, failed of one cause: `T12`, each once.

    `cause` is a fingerprint, or the name of something that failed of it: `M5`, `T12`.
    """
    fingerprint = _fingerprint(view, cause)
    mine = select(message.c.transmission_id).where(message.c.fingerprint == fingerprint)
    own = select(transmission.c.id).where(transmission.c.fingerprint == fingerprint)
    found = {*view.connection.execute(mine).scalars(), *view.connection.execute(own).scalars()}
    return tuple(f"T{row_id}" for row_id in sorted(found))


def _fingerprint(view: Reading, cause: str) -> str:
    letter, row = split_name(cause) or ("", 0)
    table = {"M": message, "T": transmission}.get(letter)
    if table is None:
        return cause
    return view.connection.execute(select(table.c.fingerprint).where(table.c.id == row)).scalar() or cause


def held(
    view: Reading, conditions: Mapping[str, str], *, messages: Collection[str], transmissions: Collection[str], outbounds: Collection[str]
) -> tuple[str, ...]:
    """What is in those states and fits every condition: transmissions `T12` (also for messages of theirs), then deliveries `O7`."""
    unknown = sorted(set(conditions) - set(KEYS))
    if unknown:
        raise ConfigError(f"nothing is selected by {unknown[0]!r}", hint=f"one of: {', '.join(KEYS)}")
    own = _fitting(view, conditions, "T", transmissions)
    of_messages = _fitting(view, conditions, "M", messages)
    deliveries = _fitting(view, conditions, "O", outbounds)
    return (*(f"T{row_id}" for row_id in sorted({*own, *of_messages})), *(f"O{row_id}" for row_id in sorted(deliveries)))


def _fitting(view: Reading, conditions: Mapping[str, str], letter: str, states: Collection[str]) -> set[int]:
    """Ids of one table's rows; none where it has no column for a condition."""
    table, wanted = {
        "T": (transmission, transmission.c.id),
        "M": (message, message.c.transmission_id),
        "O": (outbound, outbound.c.id),
    }[letter]
    query = select(wanted).where(table.c.state.in_(sorted(states)))
    for key, value in conditions.items():
        if key in table.c:
            query = query.where(same(table.c[key], value, known=True))  # few are held: what else they are is looked at then
        else:
            return set()
    return set(view.connection.execute(query).scalars())
