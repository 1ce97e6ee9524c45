"""`edi explain ID`: why each route did or did not fit."""

from __future__ import annotations

from typing import Annotated

import typer

from edi.cli.options import AsJson


def explain(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="T12, or a message M5.")],
    as_json: AsJson = False,
) -> None:
    """Tell for every message which route it takes now, and for every other route the first condition that failed."""
    from edi.cli import assembly, logs, output

    logs.set_up(quiet=True)
    with assembly.engine(assembly.workspace(context)) as engine:
        choices = engine.operator.explain(name)
        places = engine.context.workspace.route_places
    if as_json:
        output.as_json(
            [
                {
                    "message": message,
                    "route": choice.route.name if choice.route else None,
                    "tied": [route.name for route in choice.tied],
                    "answers": [
                        {"route": route.name, "where": places.get(route.name), "mismatch": str(mismatch) if mismatch else None}
                        for route, mismatch in choice.answers
                    ],
                }
                for message, choice in choices
            ]
        )
        return
    for message, choice in choices:
        if choice.route is not None:
            output.say(f"{message} takes route {choice.route.name}")
        elif choice.tied:
            output.say(f"{message} takes no route: {', '.join(route.name for route in choice.tied)} fit equally well")
        else:
            output.say(f"{message} takes no route")
        for route, mismatch in choice.answers:
            verdict = (
                str(mismatch)
                if mismatch
                else "fits" + ("" if route == choice.route or route in choice.tied else ", but names fewer conditions")
            )
            output.say(f"  {places.get(route.name, ''):<18} {route.name:<24} {verdict}")
    if any(choice.route is None for _, choice in choices):
        raise typer.Exit(output.SOMETHING_FAILED)
