"""`edi store`: how much the memory holds and will hold, what may be deleted, what must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, Yes, family

if TYPE_CHECKING:
    from edi.store.retention import Periods

app = family("The payload archive: forecast its size, delete what its time is over for, protect what must stay.")
DAYS = 30
"""Growth is measured over so many."""
KeepFor = Annotated[
    int | None,
    typer.Option("--keep-years", help="Keep everything for so many years, instead of what archive.yaml says.", min=1, max=100),
]


def _periods(context: typer.Context, keep_years: int | None) -> Periods:
    from edi.cli import assembly
    from edi.store.retention import Periods

    if keep_years is not None:
        return Periods(default=keep_years)
    retention = assembly.workspace(context).archive.retention
    return Periods(default=retention.default(), by_kind=retention.by_kind())


@app.command()
def plan(context: typer.Context, keep_years: KeepFor = None, as_json: AsJson = False) -> None:
    """Forecast the disk: growth of the last thirty days, size when the retention is reached, days until the disk is full."""
    import shutil
    from datetime import UTC, datetime, timedelta

    from edi.cli import assembly, output
    from edi.store import retention
    from edi.store.store import moment

    periods = _periods(context, keep_years)
    now = datetime.now(UTC)
    since = moment(now - timedelta(days=DAYS))
    with assembly.reading(context) as view:
        found = retention.growth(view, since=since, until=moment(now))
        kinds = retention.growth_by_kind(view, since=since)
        everything = retention.growth(view)
        over = retention.due(view, now=now, periods=periods)
    free = shutil.disk_usage(assembly.folder(context)).free
    per_day = found.size // DAYS
    weight = sum(kinds.values())
    years = sum(periods.years(kind) * size for kind, size in kinds.items()) / weight if weight else periods.default
    told = {
        "payloads": everything.payloads,
        "bytes": everything.size,
        "bytes_per_day": per_day,
        "years_kept_on_average": round(years, 1),
        "bytes_at_retention": round(per_day * 365 * (years + 0.5)),
        "bytes_to_expire": over.size,
        "free_bytes": free,
        "days_until_full": free // per_day if per_day else None,
    }
    if as_json:
        output.as_json(told)
        return
    output.table(("", "before compression"), [(name.replace("_", " "), value) for name, value in told.items()])


@app.command()
def expire(
    context: typer.Context,
    keep_years: KeepFor = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    yes: Yes = False,
) -> None:
    """Delete payloads whose time is over, by kind and country as archive.yaml says; hashes and the audit trail stay.

    What is under legal hold stays too. Periods count from the end of the calendar year.
    """
    from datetime import UTC, datetime

    from edi.cli import assembly, output
    from edi.store import retention

    now, periods = datetime.now(UTC), _periods(context, keep_years)
    with assembly.reading(context) as view:
        due = retention.due(view, now=now, periods=periods)
    output.say(f"{due.payloads} payloads of {due.size} bytes are over their time and needed by nothing younger or held")
    if dry_run:
        return
    if due.payloads and not output.agreed("Delete them?", yes=yes):
        return
    opened = assembly.store(assembly.folder(context))
    try:
        done = retention.expire(opened, actor=f"operator:{assembly.operator_name()}", now=now, periods=periods)
    finally:
        opened.close()
    output.say(f"{done.payloads} payloads deleted")


@app.command()
def hold(
    context: typer.Context,
    what: Annotated[str | None, typer.Argument(metavar="[WHAT]", help="T12 or 'partner acme'; without it: what is held.")] = None,
    why: Annotated[str | None, typer.Option("--why", help="The reason, for the audit trail.")] = None,
    end: Annotated[bool, typer.Option("--end", help="The hold is over.")] = False,
) -> None:
    """Put a transmission or all of a partner under legal hold: it is not deleted, whatever its age."""
    from edi.cli import assembly, output
    from edi.store import retention
    from edi.store.naming import number_in

    if what is None:
        with assembly.reading(context) as view:
            output.table(("held", "why"), retention.holds(view))
        return
    if why is None or not (what.startswith("partner ") or number_in(what, "T") is not None):
        raise typer.BadParameter("name T12 or 'partner acme', and a reason with --why")
    with assembly.writing(assembly.folder(context)) as transaction:
        (retention.end_hold if end else retention.hold)(transaction, what, why)
    output.say(f"{what} {'is held no more' if end else 'is held'}")
