"""`edi poll`: look at one channel now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson

if TYPE_CHECKING:
    from edi.engine.inbound import Poll


def poll(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The channel, as its file in channels/ is named.")],
    as_json: AsJson = False,
) -> None:
    """Look at one channel now and keep what lies ready; processing is left to `edi run`. Safe while a daemon runs.

    Exit codes: 0 looked, also if nothing was there; 1 there is no such channel; 2 something could not be taken, and the reason was shown.
    """
    from edi.channels.notices import Notices
    from edi.channels.place import place_of
    from edi.cli import assembly, output
    from edi.store import queries

    loaded = assembly.workspace(context)
    with assembly.engine(loaded) as engine:
        inbound = engine.context.channels.inbound(name)
        if not as_json:
            output.say(f"looking at {name}: {loaded.channels[name].kind} {place_of(loaded.channels[name].settings)}")
        polled = engine.poll(name)
        notices = getattr(inbound, "notices", None)
        left_alone = dict(notices) if isinstance(notices, Notices) else {}
        with engine.context.store.reading() as view:
            kept = queries.transmissions(view, queries.Filter(channel=name), count_max=polled.kept) if polled.kept else ()
    if as_json:
        output.as_json({"looked": polled, "kept": kept, "left_alone": left_alone})
    else:
        for one in reversed(kept):
            output.say(f"kept {one.name}: {one.filename}, {one.size} bytes")
        for filename, reason in left_alone.items():
            output.say(f"left alone: {filename} {reason}")
        output.say(summary(polled))
        if kept:
            output.say("a running `edi run` processes it; `edi run --once` does it now")
    for problem in polled.problems:
        output.complain(problem)
    if polled.problems:
        raise typer.Exit(output.SOMETHING_FAILED)


def summary(polled: Poll) -> str:
    """What one look gave, in words."""
    if not polled.offered:
        return "nothing lay ready" if not polled.problems else "nothing could be seen"
    known = f", {polled.known} known before" if polled.known else ""
    return f"{polled.offered} lay ready: {polled.kept} new and kept{known}"
