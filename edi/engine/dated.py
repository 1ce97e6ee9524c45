"""When an interchange says it was prepared (S004): one older than agreed is refused, one ahead of our clock is odd."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edi.engine.content import ReadInterchange
from edi.findings import Finding, Location
from edi.formats.edifact.codes import finding
from edi.workspace.model import Partner

AHEAD = timedelta(days=1)
"""How far a sender's clock may be ahead: S004 has no time zone."""

FORMS = {10: "%y%m%d%H%M", 12: "%Y%m%d%H%M"}
"""By length: syntax versions up to 3, and 4."""


def date_findings(interchange: ReadInterchange, partner: Partner | None, now: datetime) -> Iterator[Finding]:
    """What is odd about the moment of preparation, taken in the partner's time zone; nothing where it is no moment."""
    prepared = _moment(interchange.prepared or "", partner)
    if prepared is None:
        return
    where, shown = Location(tag="UNB", element=4), f"{prepared:%Y-%m-%d %H:%M}"
    if prepared > now + AHEAD:
        yield finding("edifact.prepared_ahead", f"the interchange was prepared on {shown}, which is still to come", where, value=shown)
    limits = [each.oldest for each in partner.agreements if each.direction == "in" and each.oldest] if partner else []
    if limits and now - prepared > max(limits):
        text = f"the interchange was prepared on {shown}, longer ago than agreed ({max(limits).days} days)"
        yield finding("edifact.prepared_long_ago", text, where, value=shown)


def _moment(text: str, partner: Partner | None) -> datetime | None:
    try:
        return datetime.strptime(text, FORMS.get(len(text), "")).replace(tzinfo=ZoneInfo(partner.timezone if partner else "UTC"))
    except ValueError:
        return None
