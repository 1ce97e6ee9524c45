"""The database that stands for a database file: made when it is first asked for, found again by every program of the run."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import psycopg
from psycopg import sql

SERVER = "EDI_TEST_POSTGRES"
"""What programs that tests start find the server by."""
TEMPLATE = "edi_template"
"""Has our tables; copying it takes a fifteenth of the time of making them."""


def url_of(file: Path) -> str:
    """The URL of the database of a database file."""
    place = str(file.resolve())
    name = f"edi_{hashlib.sha256(place.encode()).hexdigest()[:16]}"
    server = os.environ[SERVER]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(place)))
    return f"{server.replace('postgresql:', 'postgresql+psycopg:')}/{name}"
