"""Which version the tables have, and bringing them to ours. Alembic is loaded only when there is something to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from edi.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

VERSION = "0018"
"""The last migration in `edi/store/migrations/versions`."""


def version(engine: Engine) -> str | None:
    """The version the database has; None if it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def check(engine: Engine) -> None:
    """Make an empty database ours; refuse one that is older or newer than this program."""
    found = version(engine)
    if found == VERSION:
        return
    if found is None:
        upgrade(engine)
        return
    if found in _known():
        raise StoreError(f"the store has version {found}, this program needs {VERSION}", hint="stop the engine, then run `edi db upgrade`")
    raise StoreError(
        f"the store has version {found}, which this program does not know", hint="install the edi-engine that wrote it, or newer"
    )


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the tables to our version, each step in its own transaction; the version before and after. Raises StoreError if one fails."""
    from alembic import command  # noqa: PLC0415 -- a fifth of a second, needed once in the store's life

    before = version(engine)
    configuration = _configuration()
    try:
        with engine.connect() as connection:
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, VERSION)
    except DBAPIError as error:
        hint = "the steps before it stand; repair disk or database, then run `edi db upgrade` again"
        raise StoreError(f"the store could not be brought from version {before or 'none'} to {VERSION}: {error.orig}", hint=hint) from error
    return before, VERSION


def _known() -> frozenset[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- as above

    return frozenset(script.revision for script in ScriptDirectory.from_config(_configuration()).walk_revisions())


def _configuration() -> Config:
    from alembic.config import Config  # noqa: PLC0415 -- as above

    configuration = Config()
    configuration.set_main_option("script_location", "edi.store:migrations")
    return configuration
