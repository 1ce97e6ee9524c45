"""What an operator does with one thing: hold, release, discard, cancel, retry, resend, resubmit, waive. Each is audited with who and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edi.engine.operator import Act, Operator

Names = Annotated[list[str], typer.Argument(metavar="ID...", help="One or several, as `edi messages` names them: T12, M5, O7, A2.")]
Why = Annotated[str | None, typer.Option("--why", help="The reason, for the audit trail.")]
Reason = Annotated[str, typer.Option("--why", help="The reason, for the audit trail.")]


def hold(context: typer.Context, names: Names, why: Why = None) -> None:
    """Keep queued outputs back (O7) until they are released; `all` holds the whole outbox."""
    _each(context, names, why, lambda operator, name, act: operator.hold_all(act) if name == "all" else operator.hold(name, act), "held")


def release(context: typer.Context, names: Names, why: Why = None) -> None:
    """Let go on what was held: T12 or M5 is processed as looked at, O7 is queued again; `all` releases the outbox."""

    def act(operator: Operator, name: str, by: Act) -> None:
        if name == "all":
            operator.release_all(by)
        else:
            operator.release(name, by)

    _each(context, names, why, act, "released")


def discard(context: typer.Context, names: Names, why: Reason) -> None:
    """Give up quarantined files (T12), with a reason; their bytes stay in the archive."""
    _each(context, names, why, lambda operator, name, act: operator.discard(name, act), "discarded")


def cancel(context: typer.Context, names: Names, why: Reason) -> None:
    """Never send O7, or never process M5, which is held."""
    _each(context, names, why, lambda operator, name, act: operator.cancel(name, act), "cancelled")


def retry(context: typer.Context, names: Names, why: Why = None) -> None:
    """Try deliveries that wait (O7) now instead of later."""
    _each(context, names, why, lambda operator, name, act: operator.retry(name, act), "due now")


def resend(context: typer.Context, names: Names, why: Why = None) -> None:
    """Send the same bytes under the same identity again (O7): the receiver knows that it is the same."""
    _each(context, names, why, lambda operator, name, act: operator.resend(name, act), "queued again")


def resubmit(context: typer.Context, names: Names, why: Reason) -> None:
    """Send the document of O7 under a new identity and new control references, linked to the old one."""
    from edi.cli import output

    def act(operator: Operator, name: str, by: Act) -> None:
        output.say(f"{name} goes out again as {operator.resubmit(name, by)}")

    _each(context, names, why, act, None)


def waive(context: typer.Context, names: Names, why: Reason) -> None:
    """Wait no more for an acknowledgement (A2)."""
    _each(context, names, why, lambda operator, name, act: operator.waive(name, act), "waived")


def _each(context: typer.Context, names: list[str], why: str | None, act: Callable[[Operator, str, Act], object], done: str | None) -> None:
    """Do it to each; what cannot be done to one is said, and does not stop the others."""
    from edi.cli import assembly, output
    from edi.engine.operator import Act, RefusedError

    refused = 0
    with assembly.engine(assembly.workspace(context)) as engine:
        for name in names:
            try:
                act(engine.operator, name, Act(who=assembly.operator_name(), why=why))
            except RefusedError as error:
                refused += 1
                output.complain(error)
            else:
                if done is not None:
                    output.say(f"{name} {done}")
    if refused:
        raise typer.Exit(output.SOMETHING_FAILED)
