"""Faults between the engine and real servers, on each database: what was not kept is not confirmed, what was sent is sent once."""

from __future__ import annotations

import hashlib
import os
import resource
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from edi.engine.engine import Engine
from edi.errors import StoreError
from edi.store.tables import transmission
from tests.channels.served_house import ServedHouse, sftp_channel
from tests.channels.test_email_mailbox import mail
from tests.engine.house import invoice, order
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.erp import Erp, erp
from tests.servers.openssh import OpenSSH, openssh
from tests.servers.process import account
from tests.servers.proxy import Fault, proxy
from tests.servers.smtp import scripted

pytestmark = pytest.mark.server

Make = Callable[[Mapping[str, str], Mapping[str, str]], ServedHouse]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a house."""
    made: list[ServedHouse] = []

    def one(changes: Mapping[str, str], secrets: Mapping[str, str]) -> ServedHouse:
        made.append(ServedHouse(tmp_path, changes=changes, secrets=secrets))
        return made[-1]

    yield one
    for house in made:
        house.engine.close()


def put(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    account().own(folder / name)


@contextmanager
def full_disk(house: ServedHouse) -> Iterator[None]:
    """What is large finds no room for a while: this process cannot write long files, or the database's server says that its disk is full."""
    engine = house.engine.context.store._engine
    if engine.dialect.name == "postgresql":
        raised = "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'"
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN {raised}; END $$ LANGUAGE plpgsql")
            connection.exec_driver_sql("CREATE TRIGGER full_disk BEFORE INSERT ON payload FOR EACH ROW EXECUTE FUNCTION full_disk()")
        yield
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION full_disk CASCADE")
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# -- SFTP -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def remote(sshd: OpenSSH, tmp_path: Path) -> Path:
    return sshd.new_folder(hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12])


@pytest.fixture
def fetching(make: Make, sshd: OpenSSH, remote: Path) -> ServedHouse:
    channel = sftp_channel("acme-in", "in", sshd, remote)
    return make({"channels/acme-in.yaml": channel}, {"key": sshd.private_key})


def test_f_s07_the_same_content_under_another_name_has_no_second_effect(fetching: ServedHouse, remote: Path) -> None:
    put(remote, "a.edi", order())
    fetching.engine.run_once()
    put(remote, "b.edi", order())
    fetching.engine.run_once()

    assert [state for state, _ in fetching.rows()] == ["accepted", "duplicate"]
    assert len(fetching.files("erp/out")) == 1
    assert list(remote.iterdir()) == []


def test_f_s07_the_same_name_with_other_content_the_next_day_is_new(fetching: ServedHouse, remote: Path) -> None:
    for day, number in enumerate(("4711", "4712")):
        put(remote, "a.edi", order(number, reference=number))
        os.utime(remote / "a.edi", (day * 86_400, day * 86_400))
        fetching.engine.run_once()

    assert [state for state, _ in fetching.rows()] == ["accepted", "accepted"]
    assert len(fetching.files("erp/out")) == 2


def test_f_s12_two_nodes_that_poll_one_folder_have_one_effect_each_file(fetching: ServedHouse, remote: Path) -> None:
    for number in range(20):
        put(remote, f"{number}.edi", order(f"N{number}", reference=str(number + 1)))
    other = fetching.beside()
    polls = []
    together = threading.Barrier(2)

    def poll(engine: Engine) -> None:
        together.wait()
        polls.append(engine.poll("acme-in"))

    threads = [threading.Thread(target=poll, args=(engine,)) for engine in (fetching.engine, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    fetching.engine.run_once()

    assert sum(one.kept for one in polls) <= 20
    assert [state for state, _ in fetching.rows()] == ["accepted"] * 20
    assert len(fetching.files("erp/out")) == 20
    assert list(remote.iterdir()) == []


def test_f_s16_a_full_disk_here_leaves_the_remote_file_and_no_piece(fetching: ServedHouse, remote: Path) -> None:
    put(remote, "big.edi", order() + b"\r\n" * 1_000_000)
    with full_disk(fetching), pytest.raises(StoreError):
        fetching.engine.poll("acme-in")

    assert (remote / "big.edi").exists()
    assert [path for path in (fetching.folder / "store" / "payloads").rglob("*") if path.is_file()] == []
    assert fetching.rows() == []

    fetching.engine.run_once()

    assert [state for state, _ in fetching.rows()] == ["accepted"]
    assert list(remote.iterdir()) == []


def test_f_s23_a_quota_over_there_leaves_no_piece_and_the_document_waits(make: Make) -> None:
    with openssh(file_kibibytes_max=256) as server:
        remote = server.new_folder("out")
        channel = sftp_channel("acme-out", "out", server, remote)
        house = make({"channels/acme-out.yaml": channel}, {"key": server.private_key})
        house.drop("r.json", invoice(), channel="erp/in")
        house.engine.poll("erp-in")
        house.engine.process()
        _grow(house, 400_000)
        house.engine.settle()

        assert [path.name for path in remote.iterdir()] == []
        state, reason = house.rows("outbound")[0]
        assert state == "retry_wait", reason

        _grow(house, 1_000)
        house.clock.forward(hours=1)
        house.engine.settle()

        assert [state for state, _ in house.rows("outbound")] == ["acknowledged"]
        assert [path.stat().st_size for path in remote.iterdir()] == [1_000]


def _grow(house: ServedHouse, size: int) -> None:
    """Let the queued output have so many bytes."""
    from sqlalchemy import update

    from edi.store.tables import outbound

    with house.engine.context.store.writing("test", house.clock.now()) as transaction:
        data = b"x" * size
        values = {"payload_sha256": transaction.keep(data), "size": size}
        transaction.connection.execute(update(outbound).values(values))


# -- e-mail -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def user(mail_server: Dovecot) -> str:
    return mail_server.new_user()


@pytest.fixture
def reading(make: Make, mail_server: Dovecot, user: str) -> Iterator[ServedHouse]:
    common = "partner: acme\nhost: 127.0.0.1\ntls: none\n"
    fetched = f"port: {mail_server.imap}\nuser: {user}\npassword: '${{file:secrets/mail}}'\npattern: '*.edi'\n"
    channel = f"channel: acme-in\nkind: email\ndirection: in\n{common}{fetched}after: {{move: done}}\nothers: others\n"
    sending = f"channel: acme-out\nkind: email\ndirection: out\nprotocol: smtp\n{common}port: PORT\nsender: edi@us.example\n"
    sending += "to: [orders@acme.example]\n"
    with scripted() as server:
        changes = {"channels/acme-in.yaml": channel, "channels/acme-out.yaml": sending.replace("PORT", str(server.port))}
        house = make(changes, {"mail": PASSWORD})
        house.smtp = server  # type: ignore[attr-defined]
        yield house


@pytest.mark.parametrize("step", ["receive.fetched", "receive.kept", "receive.committed", "receive.confirmed"])
def test_f_e01_a_crash_at_any_step_has_one_effect_per_attachment(reading: ServedHouse, mail_server: Dovecot, user: str, step: str) -> None:
    mail_server.drop(user, mail(("a.edi", order("1", reference="1")), ("b.edi", order("2", reference="2"))))
    reading.crash(step)
    reading.engine.run_once()
    reading.engine.run_once()

    assert [state for state, _ in reading.rows()] == ["accepted", "accepted"]
    assert len(reading.files("erp/out")) == 2
    assert mail_server.mails(user) == []
    assert len(mail_server.mails(user, "done")) == 1


def test_f_e04_without_move_a_mail_is_copied_and_expunged_and_half_done_has_no_second_effect(
    reading: ServedHouse, mail_server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edi.channels.email.mailboxes import ImapMailbox

    original = ImapMailbox.__init__

    def without_move(self: ImapMailbox, account: object) -> None:
        original(self, account)  # type: ignore[arg-type]
        self._box.client.capabilities = tuple(one for one in self._box.client.capabilities if one != "MOVE")

    def half(self: object, keys: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(ImapMailbox, "__init__", without_move)
    mail_server.drop(user, mail(("a.edi", order())))
    from imap_tools import BaseMailBox

    with monkeypatch.context() as patched:
        patched.setattr(BaseMailBox, "delete", half)
        reading.engine.run_once()
    assert len(mail_server.mails(user)) == 1

    reading.engine.run_once()

    assert mail_server.mails(user) == []
    assert [state for state, _ in reading.rows()] == ["accepted"]
    assert len(reading.files("erp/out")) == 1


def test_f_e08_two_nodes_that_read_one_mailbox_have_one_effect(reading: ServedHouse, mail_server: Dovecot, user: str) -> None:
    for number in range(8):
        mail_server.drop(user, mail((f"{number}.edi", order(f"N{number}", reference=str(number + 1)))))
    other = reading.beside()
    threads = [threading.Thread(target=engine.poll, args=("acme-in",)) for engine in (reading.engine, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    reading.engine.run_once()

    assert [state for state, _ in reading.rows()] == ["accepted"] * 8
    assert mail_server.mails(user) == []


def test_p2_the_mail_is_kept_beside_its_document(reading: ServedHouse, mail_server: Dovecot, user: str) -> None:
    raw = mail(("a.edi", order()))
    mail_server.drop(user, raw)
    reading.engine.run_once()

    with reading.engine.context.store.reading() as view:
        row = view.connection.execute(transmission.select()).one()
        assert view.payload(row.payload_sha256) == order()
        assert view.payload(row.envelope_sha256).replace(b"\r\n", b"\n") == raw


def bounce(message_id: str, action: str = "failed") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.acme.example\nTo: edi@us.example\nReturn-Path: <>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; orders@acme.example\nAction: {action}\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nSubject: x\nMessage-ID: {message_id}\n\n--b--\n"
    ).encode()


def sent(reading: ServedHouse) -> str:
    """Send an invoice by mail; its Message-ID."""
    from edi.store import queries

    reading.drop("r.json", invoice(), channel="erp/in")
    reading.engine.run_once()
    with reading.engine.context.store.reading() as view:
        return str(queries.outbounds(view)[0].remote_name)


def test_f_e22_a_bounce_that_comes_days_later_rejects_what_was_sent_and_is_never_answered(
    reading: ServedHouse, mail_server: Dovecot, user: str
) -> None:
    message_id = sent(reading)
    assert [state for state, _ in reading.rows("outbound")] == ["acknowledged"]
    reading.clock.forward(days=3)
    mail_server.drop(user, bounce(message_id))

    for _ in range(2):
        reading.engine.run_once()

    assert reading.rows("outbound") == [("rejected", "the mail came back: smtp; 550 no such user")]
    assert len(mail_server.mails(user, "others")) == 1
    assert len(reading.smtp.mails) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_a_report_that_did_not_fail_changes_nothing(reading: ServedHouse, mail_server: Dovecot, user: str, action: str) -> None:
    mail_server.drop(user, bounce(sent(reading), action))

    reading.engine.run_once()

    assert [state for state, _ in reading.rows("outbound")] == ["acknowledged"]


def test_a_bounce_about_somebody_elses_mail_changes_nothing(reading: ServedHouse, mail_server: Dovecot, user: str) -> None:
    sent(reading)
    mail_server.drop(user, bounce("<guessed@us.example>"))

    reading.engine.run_once()

    assert [state for state, _ in reading.rows("outbound")] == ["acknowledged"]
    assert len(mail_server.mails(user, "others")) == 1


# -- HTTP -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[Erp]:
    with erp() as server:
        yield server


@pytest.mark.parametrize("cut", [Fault("to_server", 10), Fault("to_server", 400), Fault("to_client", 0), Fault("to_client", 40)])
def test_an_answer_that_was_lost_is_asked_for_and_the_erp_gets_the_document_once(make: Make, web: Erp, cut: Fault) -> None:
    with proxy(web.port) as between:
        base = f"http://127.0.0.1:{between.port}"
        keys = f"method: PUT\nurl: '{base}/docs/{{filename}}'\nlook_url: '{base}/identities/{{identity}}'\ntimeout: 3s\n"
        house = make({"channels/erp-out.yaml": f"channel: erp-out\nkind: http\ndirection: out\n{keys}"}, {})
        house.drop("a.edi", order())
        between.fault = cut
        house.engine.run_once()
        assert house.rows("outbound")[0][0] in {"unknown", "retry_wait"}
        between.fault = None
        between.cut()

        house.clock.forward(hours=1)
        house.engine.settle()

    assert house.rows("outbound") == [("acknowledged", None)]
    assert len(web.files) == 1
    assert len({asked.headers["idempotency-key"] for asked in web.asked if asked.method == "PUT"}) == 1


@pytest.mark.parametrize(
    ("status", "state"), [(400, "rejected"), (422, "rejected"), (503, "retry_wait"), (429, "retry_wait"), (502, "unknown")]
)
def test_what_the_erp_answers_decides_what_becomes_of_a_document(make: Make, web: Erp, status: int, state: str) -> None:
    web.answer = lambda asked: (status, {}, b'{"title": "no"}')
    keys = f"method: PUT\nurl: 'http://127.0.0.1:{web.port}/docs/{{filename}}'\n"
    house = make({"channels/erp-out.yaml": f"channel: erp-out\nkind: http\ndirection: out\n{keys}"}, {})
    house.drop("a.edi", order())

    house.engine.run_once()

    assert house.rows("outbound")[0][0] == state
    assert house.files("erp/out") == {}
