"""Faults F-S01 to F-S24 through the whole engine, with a ledger outside it; on the database that the run has chosen.

F-S07, F-S12, F-S16 and F-S23 stand in test_engine_faults; two files in one second in test_same_moment.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edi.channels.sftp.conversation import RefusedError
from edi.channels.sftp.packets import BrokenError, Status
from edi.channels.sftp.receiving import SftpInbound
from edi.channels.sftp.session import FSYNC, Session
from tests.channels.ledger import Ledger, arrived_once, audited
from tests.channels.served_house import ServedHouse, sftp_channel
from tests.engine.house import invoice
from tests.servers.openssh import OpenSSH, make_key, sshd_path
from tests.servers.process import account
from tests.servers.proxy import Fault, Proxy, proxy

pytestmark = pytest.mark.server


@dataclass
class Acme:
    """A partner with a folder on its server, reached through a proxy that can fail, and our house."""

    tmp_path: Path
    sshd: OpenSSH
    proxy: Proxy
    folder: Path
    ledger: Ledger = field(default_factory=Ledger)
    house: Any = None

    def receives(self, **keys: object) -> ServedHouse:
        return self._made("acme-in", "in", keys)

    def sends(self, **keys: object) -> ServedHouse:
        """A house with an invoice that is ready to leave."""
        house = self._made("acme-out", "out", {"name": "invoice.edi"} | keys)
        house.drop("r.json", invoice(), channel="erp/in")
        house.engine.poll("erp-in")
        house.engine.process()
        return house

    def _made(self, name: str, direction: str, keys: dict[str, object]) -> ServedHouse:
        channel = sftp_channel(name, direction, self.sshd, self.folder, **{"port": self.proxy.port, "timeout": "2s"} | keys)  # type: ignore[arg-type]
        self.house = ServedHouse(self.tmp_path, changes={f"channels/{name}.yaml": channel}, secrets={"key": self.sshd.private_key})
        return self.house  # type: ignore[no-any-return]

    def put(self, name: str | bytes, data: bytes) -> Path:
        path = self.folder / os.fsdecode(name)
        path.write_bytes(data)
        account().own(path)
        return path

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def there(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def is_settled(self) -> None:
        """After healing: a pass or two, and everything is where it belongs."""
        for _ in range(2):
            self.house.engine.run_once()
        self.ledger.check(self.house)
        assert self.names() == []

    def end(self) -> SftpInbound:
        found = self.house.engine.context.channels.inbound("acme-in")
        assert isinstance(found, SftpInbound)
        return found

    def hang_up(self) -> None:
        self.house.engine.context.channels.close()

    def document(self) -> bytes:
        from edi.store.tables import outbound

        with self.house.engine.context.store.reading() as view:
            row = view.connection.execute(outbound.select()).one()
            return bytes(view.payload(row.payload_sha256))


@pytest.fixture
def acme(tmp_path: Path, sshd: OpenSSH) -> Iterator[Acme]:
    with proxy(sshd.port) as between:
        made = Acme(tmp_path, sshd, between, sshd.new_folder(hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]))
        yield made
        if made.house is not None:
            made.house.engine.close()


def once_before(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, act: Callable[[], object]) -> None:
    """Do something right before the first call of a method."""
    original = getattr(owner, name)
    waiting = [act]

    def wrapped(*words: object, **keys: object) -> object:
        if waiting:
            waiting.pop()()
        return original(*words, **keys)

    monkeypatch.setattr(owner, name, wrapped)


# -- in ---------------------------------------------------------------------------------------------------------------


def test_f_s01_a_file_that_grows_from_poll_to_poll_is_taken_when_it_stands_still(acme: Acme) -> None:
    house = acme.receives(ready="{stable: 20s}")
    now = [0.0]
    acme.end().monotonic = lambda: now[0]
    whole = acme.ledger.order()
    for length in (10, 20, 40, len(whole)):
        acme.put("a.edi", whole[:length])
        house.engine.run_once()
        now[0] += 15
    assert house.rows() == []

    now[0] += 20
    acme.is_settled()


def test_f_s02_a_file_that_goes_on_growing_after_it_was_offered_is_dropped_and_taken_whole_later(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = acme.receives()
    whole = acme.ledger.order()
    acme.put("a.edi", whole[:50])
    once_before(monkeypatch, SftpInbound, "fetch", lambda: acme.put("a.edi", whole))

    assert "changed while it was read" in house.engine.poll("acme-in").problems[0]
    acme.is_settled()


@pytest.mark.parametrize("name", [".a.edi", "a.edi.tmp", "a.edi.part", "a.edi.filepart"])
def test_f_s03_a_temporary_name_waits_for_its_rename(acme: Acme, name: str) -> None:
    house = acme.receives()
    path = acme.put(name, acme.ledger.order())
    house.engine.run_once()
    assert house.rows() == []

    path.rename(acme.folder / "a.edi")
    acme.is_settled()


def test_f_s04_a_marker_without_its_file_waits_and_goes_with_it(acme: Acme) -> None:
    house = acme.receives(ready="{marker: '{name}.ok'}", pattern="'*.edi'")
    acme.put("a.edi.ok", b"")
    house.engine.run_once()
    assert house.rows() == []

    acme.put("a.edi", acme.ledger.order())
    acme.is_settled()


@pytest.mark.parametrize("when", ["fetch", "confirm"])
def test_f_s05_a_file_replaced_between_listing_reading_and_removing_is_a_file_of_its_own(
    acme: Acme, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = acme.receives()
    first, second = acme.ledger.order(), acme.ledger.order("LONGER")
    acme.put("a.edi", first)
    if when == "fetch":
        del acme.ledger.offered["N1"]  # nobody ever read it
    once_before(monkeypatch, SftpInbound, when, lambda: acme.put("a.edi", second))

    house.engine.run_once()
    acme.is_settled()


def test_f_s06_a_remove_that_is_refused_has_no_second_effect_and_is_made_up_for(acme: Acme) -> None:
    house = acme.receives()
    acme.put("a.edi", acme.ledger.order())
    acme.folder.chmod(0o555)
    try:
        polls = [house.engine.poll("acme-in") for _ in range(3)]
    finally:
        acme.folder.chmod(0o755)

    assert [(one.kept, one.known) for one in polls] == [(1, 0), (0, 1), (0, 1)]
    assert all("is kept, but the other side could not be told" in one.problems[0] for one in polls)
    acme.is_settled()


@pytest.mark.parametrize("step", ["receive.fetched", "receive.kept", "receive.committed", "receive.confirmed"])
def test_f_s06_a_crash_at_any_step_has_one_effect(acme: Acme, step: str) -> None:
    house = acme.receives()
    for name in ("a.edi", "b.edi"):
        acme.put(name, acme.ledger.order())

    house.crash(step)
    acme.is_settled()


@pytest.mark.parametrize("how", ["reset", "end"])
def test_f_s08_a_drop_at_any_call_of_a_poll_is_retried_and_has_one_effect(acme: Acme, how: str) -> None:
    house = acme.receives()
    places = [("to_server", after) for after in (0, 100, 1500, 2600, 3000, 3200, 3400, 3600)]
    places += [("to_client", after) for after in (20, 1700, 2300, 2700, 3000, 3300, 3600, 4200)]
    for number, (direction, after) in enumerate(places):
        acme.put(f"{number}.edi", acme.ledger.order())
        with acme.proxy.breaking(Fault(direction, after, how)):  # type: ignore[arg-type]
            house.engine.poll("acme-in")
        acme.hang_up()
    acme.is_settled()


def test_f_s09_a_server_that_falls_silent_is_given_up_and_asked_again(acme: Acme) -> None:
    house = acme.receives(timeout="1s")
    house.engine.poll("acme-in")  # the connection stands
    acme.put("a.edi", acme.ledger.order())
    acme.proxy.forget_counts()
    acme.proxy.fault = Fault("to_client", 200, "swallow")

    assert "no answer" in house.engine.poll("acme-in").problems[0]

    acme.proxy.fault = None
    acme.is_settled()


def test_f_s09_a_server_that_is_killed_while_it_is_read_is_asked_again(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    house = acme.receives()
    acme.put("a.edi", acme.ledger.order())
    once_before(monkeypatch, Session, "read_small", acme.proxy.cut)

    assert "the connection failed" in house.engine.poll("acme-in").problems[0]
    acme.is_settled()


def test_f_s10_another_host_key_than_the_pinned_one_lets_nothing_through_in_either_direction(acme: Acme, tmp_path: Path) -> None:
    wrong = make_key(tmp_path / "other", sshd_path())
    acme.put("a.edi", acme.ledger.order())
    house = acme.receives(host_key=wrong)

    problem = house.engine.poll("acme-in").problems[0]

    assert "shows another key than the pinned one" in problem
    assert problem.count("SHA256:") == 2
    assert acme.names() == ["a.edi"]
    pin(house, "acme-in", acme.sshd.host_key)
    acme.is_settled()


def test_f_s10_what_should_leave_stays_queued_while_the_host_key_is_another(acme: Acme, tmp_path: Path) -> None:
    house = acme.sends(host_key=make_key(tmp_path / "other", sshd_path()))
    house.engine.settle()
    assert [state for state, _ in house.rows("outbound")] == ["retry_wait"]
    assert acme.names() == []

    pin(house, "acme-out", acme.sshd.host_key)
    house.clock.forward(hours=1)
    house.engine.settle()

    arrived_once(house, acme.there(), acme.document())


def pin(house: ServedHouse, channel: str, host_key: str) -> None:
    """As `edi channel trust` does, and a restart."""
    place = house.folder / f"channels/{channel}.yaml"
    lines = [line for line in place.read_text().splitlines() if not line.startswith("host_key:")]
    place.write_text("\n".join([*lines, f"host_key: {host_key}"]) + "\n")
    house.engine.close()
    house.again()


def test_f_s11_a_refused_login_is_tried_once_per_poll_and_nothing_is_lost(acme: Acme, tmp_path: Path) -> None:
    acme.put("a.edi", acme.ledger.order())
    house = acme.receives()
    make_key(tmp_path / "stranger", sshd_path())
    (house.folder / "secrets/key").write_text((tmp_path / "stranger").read_text())

    assert "refused user" in house.engine.poll("acme-in").problems[0]
    assert acme.proxy.connections == 1

    (house.folder / "secrets/key").write_text(acme.sshd.private_key)
    acme.is_settled()


def test_f_s13_names_of_any_kind_are_each_taken_once_and_choose_no_place(acme: Acme) -> None:
    acme.receives()
    raws = [b"a\nb.edi", b"\x1b[31mred.edi", b"\xff\xfe.edi", b"\xe2\x80\xaeide.edi", b"x\\..\\..\\y.edi", b"%2e%2e%2f.edi", b"-rf.edi"]
    raws += [b"$(touch pwned).edi", b"*.edi", b"CON", b"edi.db", b"x" * 251 + b".edi", "Bestellung Zürich.edi".encode()]
    for raw in raws:
        acme.put(raw, acme.ledger.order())
    before = {path for path in acme.house.folder.rglob("*") if path.is_file() and "erp" not in path.parts}

    acme.is_settled()

    after = {path for path in acme.house.folder.rglob("*") if path.is_file() and "erp" not in path.parts}
    assert {path.parts[len(acme.house.folder.parts)] for path in after - before} <= {"store"}


@pytest.mark.parametrize("moment", [0, 4_102_444_800])
def test_f_s14_times_of_1970_or_of_the_future_do_not_matter(acme: Acme, moment: int) -> None:
    acme.receives()
    os.utime(acme.put("a.edi", acme.ledger.order()), (moment, moment))

    acme.is_settled()


def test_f_s15_links_pipes_and_folders_stay_and_an_empty_file_is_quarantined(acme: Acme, tmp_path: Path) -> None:
    house = acme.receives()
    (tmp_path / "secret").write_bytes(b"ours")
    (acme.folder / "link.edi").symlink_to(tmp_path / "secret")
    os.mkfifo(acme.folder / "pipe.edi")
    (acme.folder / "folder.edi").mkdir()
    acme.put("empty.edi", b"")

    house.engine.run_once()

    assert acme.names() == ["folder.edi", "link.edi", "pipe.edi"]
    assert [state for state, _ in house.rows()] == ["quarantined"]
    audited(house)


# -- out --------------------------------------------------------------------------------------------------------------


def test_f_s20_a_drop_anywhere_in_an_upload_leaves_one_whole_copy(acme: Acme) -> None:
    house = acme.sends(timeout="2s")
    there: dict[str, bytes] = {}
    for direction, after in [("to_server", 2800), ("to_server", 3300), ("to_server", 3900), ("to_client", 2600), ("to_client", 2900)]:
        with acme.proxy.breaking(Fault(direction, after)):  # type: ignore[arg-type]
            house.engine.settle()
        acme.hang_up()
        there = {name: data for name, data in acme.there().items() if not name.startswith(".")}
        assert set(there.values()) <= {acme.document()}
        house.clock.forward(hours=1)
    house.clock.forward(hours=8)
    house.engine.settle()

    arrived_once(house, {name: data for name, data in acme.there().items() if not name.startswith(".")}, acme.document())


@pytest.mark.parametrize("effect", [True, False])
def test_f_s20_the_answer_to_the_rename_is_lost_and_looked_for(acme: Acme, effect: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    house = acme.sends()
    rename = Session.rename

    def lost(session: Session, old: bytes, new: bytes) -> None:
        if effect:
            rename(session, old, new)
        raise BrokenError("cut")

    with monkeypatch.context() as patched:
        patched.setattr(Session, "rename", lost)
        house.engine.settle()
    assert [state for state, _ in house.rows("outbound")] == ["unknown"]
    house.clock.forward(hours=1)
    house.engine.settle()

    arrived_once(house, acme.there(), acme.document())


def test_f_s21_the_same_content_under_the_name_is_done_and_other_content_is_never_overwritten(acme: Acme) -> None:
    house = acme.sends()
    acme.put("invoice.edi", b"theirs")
    house.engine.settle()

    there = acme.there()
    assert there.pop("invoice.edi") == b"theirs"
    arrived_once(house, there, acme.document())


def test_f_s21_by_agreement_a_taken_name_holds_the_document(acme: Acme) -> None:
    house = acme.sends(exists="refuse")
    acme.put("invoice.edi", b"theirs")
    house.engine.settle()

    ((state, reason),) = house.rows("outbound")
    assert state == "rejected"
    assert "was not overwritten" in str(reason)
    assert acme.there() == {"invoice.edi": b"theirs"}
    audited(house)


def test_f_s22_a_server_that_cannot_flush_gets_the_document_and_the_audit_says_so(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    greet = Session._greet
    monkeypatch.setattr(Session, "_greet", lambda session: greet(session) - {FSYNC})
    house = acme.sends()
    house.engine.settle()

    arrived_once(house, acme.there(), acme.document())
    with house.engine.context.store.reading() as view:
        said = " ".join(view.connection.exec_driver_sql("SELECT detail FROM audit_event").scalars())
    assert "wrote" in said
    assert "flushed" not in said


def test_f_s22_a_server_that_refuses_dot_names_is_a_matter_for_people_and_then_of_agreement(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_new = Session.write_new

    def no_dots(session: Session, path: bytes, payload: bytes) -> int:
        if path.rpartition(b"/")[2].startswith(b"."):
            raise RefusedError(Status.PERMISSION_DENIED, "Permission denied")
        return write_new(session, path, payload)

    monkeypatch.setattr(Session, "write_new", no_dots)
    house = acme.sends()
    house.engine.settle()
    assert [state for state, _ in house.rows("outbound")] == ["rejected"]
    assert acme.names() == []
    place = house.folder / "channels/acme-out.yaml"
    place.write_text(place.read_text() + "temporary: '{name}.part'\n")
    house.engine.close()
    house.again()
    house.drop("r2.json", invoice("R-2"), channel="erp/in")
    house.engine.run_once()
    assert acme.names() == ["invoice.edi"]


def test_f_s24_a_file_the_partner_took_between_rename_and_answer_is_delivered(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    house = acme.sends()
    rename = Session.rename
    taken: list[bytes] = []

    def lost(session: Session, old: bytes, new: bytes) -> None:
        rename(session, old, new)
        taken.append((acme.folder / "invoice.edi").read_bytes())
        (acme.folder / "invoice.edi").unlink()
        raise BrokenError("cut")

    with monkeypatch.context() as patched:
        patched.setattr(Session, "rename", lost)
        house.engine.settle()
    house.clock.forward(hours=1)
    house.engine.settle()

    assert taken == [acme.document()]
    assert acme.names() == []
    assert [state for state, _ in house.rows("outbound")] == ["acknowledged"]
    audited(house)
