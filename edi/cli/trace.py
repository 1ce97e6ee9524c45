"""`edi trace`: the whole chain of one document, from the file that came to the acknowledgements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson

if TYPE_CHECKING:
    from edi.engine.states import Machine
    from edi.store.trace import Chain, Step


def trace(
    context: typer.Context,
    wanted: Annotated[
        str, typer.Argument(metavar="ID|NUMBER", help="T12, I3, M5, D4, O7, A2, an order or invoice number, or a control reference (0020).")
    ],
    events: Annotated[bool, typer.Option("--events", help="Also the audit trail: who did what, and when.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the chain of a document: file, interchange, message, document, outputs, acknowledgements, with times and findings."""
    from edi.cli import assembly, output
    from edi.errors import EdiError
    from edi.store.trace import chain, find

    with assembly.reading(context) as view:
        found = find(view, wanted)
        if not found:
            raise EdiError(f"nothing here is called {wanted!r}", hint="edi messages lists what there is")
        chains = [one for one in (chain(view, transmission) for transmission in reversed(found)) if one is not None]
    if as_json:
        output.as_json(chains)
        return
    for index, one in enumerate(chains):
        if index:
            output.say()
        show_chain(one, events=events)


def show_chain(one: Chain, *, events: bool = False) -> None:
    """The chain as an indented list, findings below what they are about; mere notes are left to `edi show`."""
    from edi.cli import output
    from edi.findings import Severity

    for step in one.steps:
        indent = "   " * step.depth
        output.say(f"{output.moment(step.at)}  {indent}{step.name:<4} {sentence(step)}")
        output.findings([one for one in step.findings if one.severity is not Severity.INFO], indent=" " * 21 + indent + "     ")
    if events:
        output.table(
            ("when", "who", "what", "event", "detail"),
            [(output.moment(event.at), event.actor, event.subject, event.event, output.compact(event.detail)) for event in one.events],
        )


def sentence(step: Step) -> str:
    """One step in words, with the state that people see."""
    from edi.cli import output
    from edi.engine import states

    known = machine(step.what)
    shown = f"{states.word(known, step.state)}: " if known else ""
    return f"{step.what}: {shown}{output.local_moments(step.text)}"


def machine(what: str) -> Machine | None:
    """Whose states a step has; None for a document, which has none."""
    from edi.engine.states import Machine

    return Machine.OUTBOUND if what in {"output", "answer"} else Machine(what) if what in set(Machine) else None
