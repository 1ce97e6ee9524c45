"""Every certificate that channels sign, encrypt or verify with: whose it is, how it stands, and which of them need somebody soon.

Rule 1: an expiry that is due to be told is a value with a sentence; who is told, and how often, is not decided here.
Rule 2: what certificates are read with is imported where a channel has some: a look at a store without them does not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from edi.engine.causes import Cause
from edi.errors import ConfigError

if TYPE_CHECKING:
    from edi.channels.as2.keys import Held, Stage
    from edi.formats.cms import Certificate
    from edi.workspace.workspace import Workspace

ALARM_DAYS: Final = (60, 30, 14, 7, 1)
"""An expiry is told when so many days are left, and once more when it has happened."""
REMEMBERED_SECONDS: Final = 600.0

Side = Literal["ours", "theirs"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One certificate of the workspace, and how it stands."""

    channel: str
    partner: str | None
    """Whose channel it is; None: our own house."""
    side: Side
    held: Held
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """A certificate that ends soon or has ended, and has no successor in sight."""

    listed: Listed
    days: int
    """Whole days that are left; negative once it has expired."""
    alarm: int
    """Which of the steps was passed last; 0: it has expired."""
    text: str
    """Which one, whose, until when, and what to do."""

    @property
    def key(self) -> str:
        """The same for as long as there is nothing new to say: one alert per certificate and step."""
        return f"certificate:{self.listed.channel}:{self.listed.side}:{self.listed.held.certificate.fingerprint[:16]}:{self.alarm}"


class Remembered:
    """`causes`, looked for now and then by who looks again and again: there may be hundreds, and they end by the day."""

    def __init__(self) -> None:
        self._known: tuple[str, float, tuple[Cause, ...]] = ("", 0.0, ())

    def __call__(self, workspace: Workspace, now: datetime) -> tuple[Cause, ...]:
        digest, looked, found = self._known
        if digest != workspace.digest or not 0 <= now.timestamp() - looked < REMEMBERED_SECONDS:
            found = tuple(causes(workspace, now))
            self._known = (workspace.digest, now.timestamp(), found)
        return found


def causes(workspace: Workspace, now: datetime) -> Iterator[Cause]:
    """Certificates that end: told once at each step of notices.yaml, and when they have ended."""
    try:
        found = expiring(listed(workspace, now), now, steps=workspace.notices.alerts.certificate_days)
    except ConfigError as error:
        yield Cause(key="certificates", topic="certificate", text=f"a certificate could not be read: {error.message}", lasting=True)
        return
    for one in found:
        yield Cause(key=one.key, topic="certificate", text=one.text)


def listed(workspace: Workspace, at: datetime) -> Iterator[Listed]:
    """Every certificate of every channel, in the order of the files. Raises ConfigError, naming the file, if one cannot be loaded."""
    for name, channel in sorted(workspace.channels.items()):
        if channel.kind not in {"as2", "email"}:
            continue
        from edi.channels.as2.keys import stages  # noqa: PLC0415 -- rule 2

        for side, held in _held(workspace, name):
            for one, stage in stages(held, at):
                yield Listed(name, channel.partner, side, one, stage)


def _held(workspace: Workspace, name: str) -> Iterator[tuple[Side, Sequence[Held]]]:
    from edi.channels import as2, email  # noqa: PLC0415 -- rule 2
    from edi.channels.as2.keys import Keys  # noqa: PLC0415 -- as above
    from edi.channels.email.account import Account  # noqa: PLC0415 -- as above
    from edi.channels.email.smime import protection  # noqa: PLC0415 -- as above

    settings = workspace.channels[name].settings
    if isinstance(settings, as2.Settings):
        ours, theirs = Keys(name, settings, workspace.secret, workspace.folder).held()
        yield "ours", ours
        yield "theirs", theirs
    elif isinstance(settings, email.Settings) and settings.smime is not None:
        found = protection(Account(name, settings, workspace.secret, workspace.folder))
        assert found is not None, "smime is agreed"
        file = settings.smime.certificate or ""
        yield "ours", [_plain(file, one.certificate) for one in found.ours]
        yield "theirs", [_plain(name, one) for name, one in zip(settings.smime.theirs, found.theirs, strict=True)]


def _plain(file: str, certificate: Certificate) -> Held:
    from edi.channels.as2.keys import Held  # noqa: PLC0415 -- rule 2

    return Held(file=file, certificate=certificate, first=certificate.valid_from, last=certificate.valid_until)


def expiring(certificates: Iterable[Listed], at: datetime, *, steps: Sequence[int] = ALARM_DAYS) -> tuple[Expiring, ...]:
    """Those that somebody must act on: they passed the first of the steps (days left), are in use, and nothing known follows them."""
    found = tuple(certificates)
    due = [one for one in found if _is_due(one, found, at, max(steps, default=-1))]
    return tuple(_expiring(one, at, steps) for one in sorted(due, key=_end))


def _is_due(one: Listed, all_: Sequence[Listed], at: datetime, within_days: int) -> bool:
    end = _end(one)
    from edi.channels.as2.keys import Stage  # noqa: PLC0415 -- rule 2

    if one.stage in {Stage.RETIRED, Stage.GRACE} or _days(end, at) > within_days:
        return False
    # A successor that begins only after the end leaves days on which nothing can be sent.
    return not any(
        (other.channel, other.side) == (one.channel, one.side) and other.held.first <= end < min(other.held.last, _end(other))
        for other in all_
    )


def _end(one: Listed) -> datetime:
    return one.held.certificate.valid_until


def _days(end: datetime, at: datetime) -> int:
    return (end - at).days


def _expiring(one: Listed, at: datetime, steps: Sequence[int]) -> Expiring:
    from edi.channels.as2.preflight import expiry  # noqa: PLC0415 -- rule 2

    days = _days(_end(one), at)
    whose = "our" if one.side == "ours" else f"{one.partner}'s" if one.partner else "the other side's"
    return Expiring(
        listed=one,
        days=days,
        alarm=0 if days < 0 else min(step for step in steps if days <= step),
        text=(
            f"{one.channel}: {whose} certificate {one.held.file} ({one.held.certificate.subject}): "
            f"{expiry(one.held.certificate, at)}; {_what_to_do(one)}"
        ),
    )


def _what_to_do(one: Listed) -> str:
    if one.side == "theirs":
        return f"ask the partner for its successor; edi cert import FILE --channel {one.channel} takes it"
    return f"edi cert rollover {one.channel} makes its successor; send it to the partner before it is used"
