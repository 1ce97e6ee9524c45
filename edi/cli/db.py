"""`edi db`: the store's tables."""

from __future__ import annotations

import typer

from edi.cli.options import AsJson, Yes, family

app = family("The memory itself: bring it to this program's version, check it.")


@app.command()
def upgrade(
    context: typer.Context,
    yes: Yes = False,
) -> None:
    """Bring the store to the version of this program; stop the engine first. What is queued, held and known stays as it is."""
    from edi.cli import assembly, output
    from edi.store import schema
    from edi.store.dialect import open_database
    from edi.store.lock import DaemonLock

    place = assembly.folder(context) / assembly.STORE_FOLDER
    with DaemonLock(place):
        engine = open_database(assembly.database_url(place))
        try:
            found = schema.version(engine)
            if found == schema.VERSION:
                output.say(f"the store has version {found}, which is this program's")
                return
            question = f"Bring the store from version {found} to {schema.VERSION}? (Make a copy of {place} first.)"
            if found is not None and not output.agreed(question, yes=yes):
                return
            before, after = schema.upgrade(engine)
        finally:
            engine.dispose()
    output.say(f"the store had version {before or 'none'} and has {after} now")


@app.command()
def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Ask the database whether it is whole, and prove the audit trail. Exit code 2 if something is broken."""
    from edi.cli import assembly, output
    from edi.store import audit
    from edi.store.dialect import check_integrity

    with assembly.reading(context) as view, output.working("reading everything"):
        broken = (*check_integrity(view.connection), *(one.text for one in audit.verify(view.connection)))
    output.problems(broken, "the database and the audit trail are whole", as_json=as_json)
