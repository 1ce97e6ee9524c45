"""Channels that are told when something comes: inotify and IMAP IDLE; a schedule of an hour does not matter then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edi.channels import email as kind
from edi.channels import inotify
from edi.channels.email import idling
from edi.channels.email.account import Account
from tests.channels.served_house import ServedHouse
from tests.channels.test_email_mailbox import mail
from tests.engine.house import order
from tests.engine.test_daemon import wait_for
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.smtp import scripted


@contextmanager
def running(house: ServedHouse) -> Iterator[None]:
    stop = threading.Event()
    daemon = threading.Thread(target=house.engine.run_forever, args=(stop,))
    daemon.start()
    try:
        yield
    finally:
        stop.set()
        daemon.join(20)
        assert not daemon.is_alive()
        house.engine.close()


@contextmanager
def watched(watch: Callable[..., None], what: object) -> Iterator[list[int]]:
    """Counts how often it wakes."""
    woken: list[int] = []
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(what, lambda: woken.append(1), stop))
    thread.start()
    try:
        wait_for(lambda: woken or not thread.is_alive())
        yield woken
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_file_wakes_when_it_is_finished_or_moved_there_and_not_before(tmp_path: Path) -> None:
    with watched(inotify.watch, tmp_path) as woken:
        before = len(woken)
        with (tmp_path / "a.edi").open("wb") as file:
            file.write(b"UNB")
            file.flush()
            assert len(woken) == before
        wait_for(lambda: len(woken) > before)
        before = len(woken)
        (tmp_path / "a.edi").rename(tmp_path / "b.edi")
        wait_for(lambda: len(woken) > before)


def test_a_folder_that_goes_and_comes_back_is_watched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inotify, "AGAIN_SECONDS", 0.05)
    folder = tmp_path / "in"
    folder.mkdir()
    with watched(inotify.watch, folder) as woken:
        folder.rmdir()
        folder.mkdir()
        wait_for(lambda: len(woken) > 1)
        before = len(woken)
        (folder / "a.edi").write_bytes(b"UNB")
        wait_for(lambda: len(woken) > before)


def test_a_folder_that_is_not_there_wakes_nobody(tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=inotify.watch, args=(tmp_path / "nowhere", lambda: pytest.fail("woken"), stop))
    thread.start()
    stop.set()
    thread.join(10)

    assert not thread.is_alive()


def test_the_daemon_takes_a_file_at_once_whatever_the_schedule(tmp_path: Path) -> None:
    channel = "channel: acme-in\nkind: directory\ndirection: in\npartner: acme\nfolder: data/acme/in\nschedule: {every: 1h}\n"
    house = ServedHouse(tmp_path, url=None, changes={"channels/acme-in.yaml": channel}, secrets={})
    with running(house):
        house.drop("a.edi", order("1", reference="1"))
        wait_for(lambda: len(house.files("erp/out")) == 1)
        house.drop("b.edi", order("2", reference="2"))
        wait_for(lambda: len(house.files("erp/out")) == 2)


@pytest.mark.server
def test_f_e08_the_daemon_takes_a_mail_when_the_server_says_so(tmp_path: Path, mail_server: Dovecot) -> None:
    user = mail_server.new_user()
    channel = (
        "channel: acme-in\nkind: email\ndirection: in\npartner: acme\nhost: 127.0.0.1\ntls: none\nschedule: {every: 1h}\n"
        f"port: {mail_server.imap}\nuser: {user}\npassword: '${{file:secrets/mail}}'\n"
    )
    house = ServedHouse(tmp_path, url=None, changes={"channels/acme-in.yaml": channel}, secrets={"mail": PASSWORD})
    with running(house):
        for number in (1, 2):
            mail_server.drop(user, mail(("a.edi", order(str(number), reference=str(number)))))
            wait_for(lambda number=number: len(house.files("erp/out")) == number)  # type: ignore[misc]

    assert [state for state, _ in house.again(start=False) and house.rows()] == ["accepted", "accepted"]
    house.engine.close()


def account(port: int, user: str = "u") -> Account:
    values = {"host": "127.0.0.1", "port": port, "tls": "none", "user": user, "password": "${env:P}", "timeout": "5s"}
    return Account("acme-mail", kind.Settings.model_validate(values), lambda reference: PASSWORD, Path())


def test_a_server_that_is_not_there_is_tried_again_until_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idling, "AGAIN_SECONDS", 0.05)
    with scripted(replies={"banner": "drop"}) as server:
        stop = threading.Event()
        thread = threading.Thread(target=idling.watch, args=(account(server.port), lambda: pytest.fail("woken"), stop))
        thread.start()
        stop.wait(0.3)
        stop.set()
        thread.join(10)

    assert not thread.is_alive()
