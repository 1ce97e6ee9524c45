"""The servers themselves: they start, answer and leave nothing behind."""

from __future__ import annotations

import socket

import pytest

from tests.conftest import skipping_if_missing
from tests.servers import packages
from tests.servers.packages import Missing, program
from tests.servers.postgres import postgres
from tests.servers.process import answers, free_port
from tests.servers.proxy import Fault, proxy
from tests.servers.smtp import scripted

pytestmark = pytest.mark.server


def test_a_server_that_cannot_be_had_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.shutil, "which", lambda name, path=None: None)

    with pytest.raises(Missing, match="not installed, and this machine has no apt-get and dpkg to fetch it"):
        program("no-such-server", ("no-such-package-of-edi",), ("usr/bin/x",))


def test_postgres_starts_makes_a_database_and_leaves_nothing() -> None:
    import sqlalchemy

    with skipping_if_missing(), postgres() as server:
        engine = sqlalchemy.create_engine(server.new_database())
        with engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("show fsync")).scalar() == "on"
        engine.dispose()
        folder, port = server.process.folder, server.port

    assert not folder.exists()
    assert not answers(port)


@pytest.mark.parametrize(("how", "expected"), [("end", b""), ("reset", ConnectionResetError), ("swallow", TimeoutError)])
def test_the_proxy_breaks_a_connection_after_so_many_bytes(how: str, expected: object) -> None:
    with scripted() as server, proxy(server.port) as between:
        between.fault = Fault("to_client", 4, how)  # type: ignore[arg-type]
        with socket.create_connection(("127.0.0.1", between.port), 5) as plug:
            plug.settimeout(0.5)
            assert plug.recv(100) == b"220 "
            if isinstance(expected, bytes):
                assert plug.recv(100) == expected
            else:
                with pytest.raises(expected):  # type: ignore[call-overload]
                    plug.recv(100)


def test_a_free_port_is_free() -> None:
    assert not answers(free_port())
