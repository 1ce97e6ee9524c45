"""SFTP channels on a real OpenSSH server: the suite, and faults F-S01 to F-S24."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from edi.channels.sftp.ssh import described
from edi.errors import ChannelError, ConfigError, TemporaryChannelError, UnknownOutcomeError
from edi.testing import ChannelSuite, Receiver, Sender, delivery
from edi.testing.suite import CONTENT
from tests.channels.sftp_rig import SftpRig
from tests.servers.openssh import OpenSSH, make_key, openssh
from tests.servers.process import account

pytestmark = [pytest.mark.server, pytest.mark.storeless]


class TestSftp(ChannelSuite):
    @pytest.fixture
    def rig(self, sftp_rig: SftpRig) -> SftpRig:
        return sftp_rig


def names_offered(rig: SftpRig, **keys: object) -> list[str]:
    return sorted(offer.filename for offer in rig.inbound(**keys).offers())


def own(rig: SftpRig) -> None:
    account().own(rig.folder)


def test_one_connection_serves_many_files(sftp_rig: SftpRig) -> None:
    for number in range(20):
        sftp_rig.put(f"order-{number}.edi", b"%d" % number)
    receiver = Receiver()

    receiver.run(sftp_rig.inbound())

    assert len(receiver.kept) == 20
    assert sftp_rig.proxy.connections == 1


def test_many_small_files_are_read_together_each_with_its_own_bytes(sftp_rig: SftpRig) -> None:
    for number in range(100):
        sftp_rig.put(f"order-{number:03d}.edi", b"%d" % number * number)
    inbound = sftp_rig.inbound()
    fetched, gone = {}, set()
    for offer in inbound.offers():
        if len(fetched) == 5:
            gone = {path.name for path in sftp_rig.folder.iterdir()} - fetched.keys() - {offer.filename}
            for name in gone:
                (sftp_rig.folder / name).unlink()
        with suppress(TemporaryChannelError):
            fetched[offer.filename] = inbound.fetch(offer)

    assert fetched == {name: b"%d" % int(name[6:9]) * int(name[6:9]) for name in fetched}
    assert 6 <= len(fetched) <= 5 + 32


def test_small_files_asked_for_in_batches_are_read_together_too(sftp_rig: SftpRig) -> None:
    for number in range(70):
        sftp_rig.put(f"order-{number:03d}.edi", b"%d" % number)
    inbound = sftp_rig.inbound()
    offers = list(inbound.offers())
    asked_before = sftp_rig.proxy.passed["to_server"]

    fetched = {offer.filename: inbound.fetch(offer) for offer in offers[::2]}

    assert fetched == {name: b"%d" % int(name[6:9]) for name in fetched}
    assert len(fetched) == 35
    assert sftp_rig.proxy.passed["to_server"] > asked_before


def test_files_replaced_within_a_group_are_not_mixed_up(sftp_rig: SftpRig) -> None:
    for number in range(5):
        sftp_rig.put(f"{number}.edi", b"old")
    inbound = sftp_rig.inbound()
    offers = inbound.offers()
    inbound.fetch(next(offers))
    second = next(offers)
    sftp_rig.put(second.filename, b"newer")

    assert inbound.fetch(second) == b"old"
    inbound.confirm(second)
    assert sftp_rig.lies_there()[second.filename] == b"newer"


def test_a_kept_connection_that_died_is_opened_again(sftp_rig: SftpRig) -> None:
    outbound = sftp_rig.outbound()
    outbound.send(delivery("a.edi"))
    sftp_rig.proxy.cut()

    Sender().run(outbound, delivery("b.edi", identity="2"))

    assert sorted(sftp_rig.lies_there()) == ["a.edi", "b.edi"]


def test_f_s01_a_file_is_taken_when_it_stood_still_between_two_looks(sftp_rig: SftpRig) -> None:
    now = 0.0
    inbound = sftp_rig.inbound(ready={"stable": "60s"}, monotonic=lambda: now)
    for now in (0.0, 30.0, 60.0):  # noqa: B007 -- the channel's clock reads it
        with (sftp_rig.folder / "order.edi").open("ab") as file:
            file.write(b"x" * 1000)
        assert list(inbound.offers()) == []
    now = 119.0
    assert list(inbound.offers()) == []
    now = 120.0

    (offer,) = inbound.offers()

    assert inbound.fetch(offer) == b"x" * 3000


def test_f_s02_a_file_that_grows_after_the_offer_is_dropped_and_retried(sftp_rig: SftpRig) -> None:
    sftp_rig.put("order.edi", CONTENT)
    inbound = sftp_rig.inbound()
    (offer,) = inbound.offers()
    with (sftp_rig.folder / "order.edi").open("ab") as file:
        file.write(b"more")

    with pytest.raises(TemporaryChannelError, match=r"'order.edi' changed while it was read"):
        inbound.fetch(offer)


@pytest.mark.parametrize("name", [".order.edi", "order.edi.tmp", "order.edi.part", "order.edi.filepart"])
def test_f_s03_temporary_names_are_ignored(sftp_rig: SftpRig, name: str) -> None:
    (sftp_rig.folder / name).write_bytes(b"UNB")

    assert names_offered(sftp_rig) == []


def test_f_s04_a_marker_says_when_a_file_is_complete_and_goes_with_it(sftp_rig: SftpRig) -> None:
    (sftp_rig.folder / "order.edi.ok").touch()
    inbound = sftp_rig.inbound(ready={"marker": "{name}.ok"})
    assert list(inbound.offers()) == []
    (sftp_rig.folder / "order.edi").write_bytes(b"UNB")
    (sftp_rig.folder / "other.edi").write_bytes(b"UNB")

    Receiver().run(inbound)

    assert sorted(sftp_rig.lies_there()) == ["other.edi"]


def test_f_s05_a_file_replaced_after_it_was_read_is_not_removed(sftp_rig: SftpRig) -> None:
    sftp_rig.put("order.edi", CONTENT)
    inbound = sftp_rig.inbound()
    (offer,) = inbound.offers()
    inbound.fetch(offer)
    sftp_rig.put("order.edi", b"another")

    inbound.confirm(offer)

    assert sftp_rig.lies_there() == {"order.edi": b"another"}


def test_f_s06_a_remove_that_failed_is_made_up_for_at_the_next_poll(sftp_rig: SftpRig) -> None:
    sftp_rig.put("order.edi", CONTENT)
    receiver, inbound = Receiver(), sftp_rig.inbound()
    (offer,) = inbound.offers()
    receiver.kept[offer.transport_id] = inbound.fetch(offer)
    with sftp_rig.cut_from_now("to_server", 0), pytest.raises(TemporaryChannelError):
        inbound.confirm(offer)

    receiver.run(inbound)

    assert len(receiver.kept) == 1
    assert sftp_rig.lies_there() == {}


@pytest.mark.parametrize("direction", ["to_server", "to_client"])
@pytest.mark.parametrize("how", ["reset", "end"])
def test_f_s08_a_drop_within_any_call_of_a_poll_is_retried(sftp_rig: SftpRig, direction: str, how: str) -> None:
    for after in range(0, 400, 50):
        sftp_rig.put("order.edi", b"UNB" * 20)
        receiver, inbound = Receiver(), sftp_rig.inbound()
        inbound.connection.session()
        with sftp_rig.cut_from_now(direction, after, how), suppress(TemporaryChannelError):  # type: ignore[arg-type]
            receiver.run(inbound)
        receiver.run(inbound)
        assert list(receiver.kept.values()) == [b"UNB" * 20]
        inbound.close()


def test_f_s09_a_server_that_falls_silent_is_given_up_after_the_timeout(sftp_rig: SftpRig) -> None:
    sftp_rig.put("order.edi", CONTENT)
    inbound = sftp_rig.inbound(timeout="1s")
    (offer,) = inbound.offers()

    with (
        sftp_rig.cut_from_now("to_client", 100, "swallow"),
        pytest.raises(TemporaryChannelError, match=r"no answer while reading 'order.edi'"),
    ):
        inbound.fetch(offer)

    assert inbound.fetch(offer) == CONTENT


def test_f_s10_an_unknown_host_key_is_refused_before_anything_is_said(sftp_rig: SftpRig) -> None:
    outbound = sftp_rig.outbound()
    outbound.connection.server = replace(outbound.connection.server, host_keys=())

    with pytest.raises(ChannelError, match="shows a key nobody has pinned") as caught:
        outbound.send(delivery())

    assert isinstance(caught.value, TemporaryChannelError), "outbound stays queued until somebody has looked at the key"
    assert described(sftp_rig.server.host_key) in str(caught.value)
    assert "edi channel trust acme-out" in str(caught.value)
    assert sftp_rig.secrets_asked == []


def test_f_s10_a_changed_host_key_is_refused_with_both_fingerprints(sftp_rig: SftpRig, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other")

    with pytest.raises(ChannelError, match="another key than the pinned one") as caught:
        list(sftp_rig.inbound(host_key=other).offers())

    assert described(other) in str(caught.value)
    assert described(sftp_rig.server.host_key) in str(caught.value)
    assert sftp_rig.secrets_asked == []


def test_while_a_partner_changes_keys_two_may_be_pinned(sftp_rig: SftpRig, tmp_path: Path) -> None:
    assert list(sftp_rig.inbound(host_key=[make_key(tmp_path / "old"), sftp_rig.server.host_key]).offers()) == []


def test_f_s11_a_refused_login_is_for_people_and_names_no_secret(sftp_rig: SftpRig, tmp_path: Path) -> None:
    make_key(tmp_path / "wrong")
    outbound = sftp_rig.outbound()
    outbound.connection.secrets = lambda reference: (tmp_path / "wrong").read_text()

    with pytest.raises(ChannelError, match=r"refused user '\w+' with the key") as caught:
        outbound.send(delivery())

    assert not isinstance(caught.value, TemporaryChannelError)
    assert "PRIVATE" not in str(caught.value)


def test_a_key_that_is_none_is_a_fault_of_the_configuration(sftp_rig: SftpRig) -> None:
    outbound = sftp_rig.outbound()
    outbound.connection.secrets = lambda reference: "hunter2"

    with pytest.raises(ConfigError, match="no private key we can read") as caught:
        outbound.send(delivery())

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [b"a\nb.edi", b"\x1b[2J.edi", b"\xff\xfe.edi", "‮fdp.edi".encode(), b"-rf", b"$(x).edi", b"a\\x0a.edi", b"*.edi", b"a|9|9", b"x" * 255],
)
def test_f_s13_odd_names_are_shown_escaped_and_still_fetched_and_removed(sftp_rig: SftpRig, raw: bytes) -> None:
    path = os.fsencode(sftp_rig.folder) + b"/" + raw
    with open(path, "wb") as file:
        file.write(b"UNB")
    inbound = sftp_rig.inbound()
    (offer,) = inbound.offers()

    assert offer.filename.isprintable()
    assert inbound.fetch(offer) == b"UNB"
    inbound.confirm(offer)
    assert not os.path.exists(path)


def test_f_s13_a_folder_of_many_files_is_listed_a_batch_at_a_time(sftp_rig: SftpRig) -> None:
    for number in range(2_000):
        (sftp_rig.folder / f"order-{number:06d}.edi").touch()
    inbound = sftp_rig.inbound()

    first = next(iter(inbound.offers()))
    assert inbound.fetch(first) == b""
    listed = sum(1 for _ in inbound.offers())

    assert listed == 2_000


def test_f_s15_links_pipes_and_folders_are_left_alone(sftp_rig: SftpRig, tmp_path: Path) -> None:
    (sftp_rig.folder / "link.edi").symlink_to("/etc/hostname")
    os.mkfifo(sftp_rig.folder / "pipe.edi")
    (sftp_rig.folder / "folder.edi").mkdir()
    inbound = sftp_rig.inbound()

    assert list(inbound.offers()) == []
    assert sorted(name for name, _ in inbound.notices) == ["link.edi", "pipe.edi"]


def test_a_file_that_became_a_link_after_the_offer_is_not_taken(sftp_rig: SftpRig, tmp_path: Path) -> None:
    sftp_rig.put("order.edi", CONTENT)
    inbound = sftp_rig.inbound()
    (offer,) = inbound.offers()
    (sftp_rig.folder / "order.edi").unlink()
    (sftp_rig.folder / "order.edi").symlink_to("/etc/hostname")

    with pytest.raises(TemporaryChannelError, match="changed while it was read"):
        inbound.fetch(offer)


def test_what_was_confirmed_can_be_moved_and_never_replaces_an_earlier_one(sftp_rig: SftpRig) -> None:
    inbound = sftp_rig.inbound(after={"move": "done"})
    for content in (b"one", b"three"):
        sftp_rig.put("order.edi", content)
        Receiver().run(inbound)

    assert sorted(path.read_bytes() for path in (sftp_rig.folder / "done").iterdir()) == [b"one", b"three"]


def test_what_was_confirmed_can_be_left_where_it_is(sftp_rig: SftpRig) -> None:
    sftp_rig.put("order.edi", CONTENT)
    Receiver().run(sftp_rig.inbound(after="leave"))

    assert names_offered(sftp_rig) == ["order.edi"]


def test_a_server_that_is_not_there_is_temporary(sftp_rig: SftpRig) -> None:
    with pytest.raises(TemporaryChannelError, match=r"acme-in: connecting to 127.0.0.1:1 failed: Connection refused"):
        list(sftp_rig.inbound(port=1).offers())


def test_a_server_that_speaks_no_ssh_is_temporary_and_quick(sftp_rig: SftpRig) -> None:
    with sftp_rig.cut_from_now("to_client", 0, "end"), pytest.raises(TemporaryChannelError):
        list(sftp_rig.inbound().offers())


def test_settings_name_what_is_wrong(sftp_rig: SftpRig) -> None:
    for keys, text in (
        ({"key": "-----BEGIN"}, "a secret stands in clear text"),
        ({"key": None}, "says how we log in"),
        ({"host_key": "ssh-ed25519 nonsense"}, "is no host key"),
        ({"host_key": []}, "no host key is pinned"),
        ({"temporary": "{name}"}, "is a name made from"),
        ({"port": 0}, "greater than or equal to 1"),
    ):
        with pytest.raises(ValidationError, match=text):
            sftp_rig.settings(**keys)


def test_reading_settings_does_not_import_paramiko() -> None:
    import subprocess
    import sys

    code = "import sys, edi.channels; edi.channels.kinds()['sftp'].Settings; sys.exit('paramiko' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sessions_of_a_server_that_was_killed_come_back(sshd: OpenSSH) -> None:
    import signal

    from tests.servers.proxy import proxy

    with openssh() as server, proxy(server.port) as between:
        rig = SftpRig(server, between, server.new_folder("box"))
        outbound = rig.outbound()
        outbound.send(delivery("a.edi"))
        server.process.signal(signal.SIGKILL)
        with pytest.raises((TemporaryChannelError, UnknownOutcomeError)):
            outbound.send(delivery("b.edi", identity="2"))
        server.process.stop(remove=False)
        server.process.start(server.port)
        assert outbound.send(delivery("b.edi", identity="2")).remote_name == "b.edi"
        rig.close()


@pytest.mark.proof
def test_f_s13_a_hundred_thousand_files_in_one_folder_are_offered_in_bounded_memory(sftp_rig: SftpRig) -> None:
    import tracemalloc

    for number in range(100_000):
        (sftp_rig.folder / f"order-{number:06d}.edi").touch()
    now = 0.0
    inbound = sftp_rig.inbound(ready={"stable": "60s"}, monotonic=lambda: now)
    tracemalloc.start()
    assert sum(1 for _ in inbound.offers()) == 0
    now = 60.0
    assert sum(1 for _ in inbound.offers()) == 100_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 64 * 1024 * 1024
