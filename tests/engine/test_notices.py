"""Letters to people and programs: kept with what they are about, sent at least once, in nobody's way."""

from __future__ import annotations

import email
from email import policy
from pathlib import Path

import pytest

from edi.engine import notices
from edi.engine.ports import Letter
from edi.errors import ChannelError, TemporaryChannelError
from edi.limits import LETTERS_A_DAY_MAX
from edi.store.notices import notice
from tests.engine.house import House
from tests.servers.smtp import scripted


def mailing(port: int) -> dict[str, str]:
    """Files of a workspace that mails through a server on this machine."""
    return {
        "channels/house-mail.yaml": "channel: house-mail\nkind: email\ndirection: out\nprotocol: smtp\nhost: 127.0.0.1\n"
        f"port: '{port}'\ntls: none\nsender: edi@muster.example\nto: [edi@muster.example]\ntimeout: 3s\n",
        "notices.yaml": "mail: {channel: house-mail}\n",
    }


def queue(house: House, key: str = "refused|M5", *, to: str = "desk@acme.example", subject: str = "Order 4711 was refused") -> int:
    with house.engine.context.store.writing("test", house.clock.now()) as transaction:
        return notices.queue(transaction, to=to, subject=subject, text="Grüße.\n.\nno end", key=key)


def send(house: House) -> int:
    post = notices.post_by_mail(house.engine.context)
    assert post is not None
    return notices.send_due(house.engine.context, {"mail": post})


def test_a_letter_is_sent_once_whoever_asks_for_it_again(tmp_path: Path) -> None:
    with scripted() as server:
        house = House(tmp_path, changes=mailing(server.port))
        assert (1, 0) == (queue(house), queue(house))
        assert (1, 0) == (send(house), send(house))
        house.engine.close()

    (raw,) = server.mails
    mail = email.message_from_bytes(raw, policy=policy.default)
    assert mail["To"] == "desk@acme.example"
    assert mail["Subject"] == "Order 4711 was refused"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == "Grüße.\n.\nno end\n"
    assert "rcpt TO:<desk@acme.example>" in server.spoken


def test_a_letter_whose_answer_was_lost_is_sent_again_as_the_same_mail(tmp_path: Path) -> None:
    with scripted(replies={"final": "drop"}) as server:
        house = House(tmp_path, changes=mailing(server.port))
        queue(house)
        assert send(house) == 0
        server.replies = {}
        house.clock.forward(minutes=1)
        assert send(house) == 1
        house.engine.close()

    first, second = (email.message_from_bytes(raw) for raw in server.mails)
    assert first["Message-ID"] == second["Message-ID"]


def test_a_crash_while_sending_loses_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, changes=mailing(1))
    queue(house)

    def dies(_: Letter) -> str:
        raise KeyboardInterrupt  # as good as a kill: nothing is written afterwards

    with pytest.raises(KeyboardInterrupt):
        notices.send_due(house.engine.context, {"mail": dies})
    house.again()
    taken: list[Letter] = []
    assert notices.send_due(house.engine.context, {"mail": lambda letter: str(taken.append(letter))}) == 0
    house.clock.forward(seconds=notices.LEASE.total_seconds())
    assert notices.send_due(house.engine.context, {"mail": lambda letter: str(taken.append(letter))}) == 1
    assert [one.key for one in taken] == ["refused|M5"]


def test_what_nobody_takes_is_given_up_after_days_and_said_so(tmp_path: Path) -> None:
    house = House(tmp_path, changes=mailing(1))
    queue(house)

    def refuses(_: Letter) -> str:
        raise ChannelError("the server knows nobody of that name")

    for _ in range(200):
        notices.send_due(house.engine.context, {"mail": refuses})
        house.clock.forward(minutes=30)
    with house.engine.context.store.reading() as view:
        row = view.connection.execute(notice.select()).one()
    assert (row.sent, row.due, row.note) == (None, None, "the server knows nobody of that name")
    assert row.attempts > 50


def test_a_way_that_fails_does_not_hold_up_the_other(tmp_path: Path) -> None:
    house = House(tmp_path, changes=mailing(1))
    with house.engine.context.store.writing("test", house.clock.now()) as transaction:
        for number in range(3):
            notices.queue(transaction, to="desk@acme.example", subject="s", text="t", key=str(number))
            notices.queue(transaction, to="pager", subject="s", text="{}", key=str(number), way="webhook")
    tried: list[str] = []

    def down(letter: Letter) -> str:
        tried.append(letter.key)
        raise TemporaryChannelError("no connection")

    assert notices.send_due(house.engine.context, {"mail": down, "webhook": lambda _: "taken"}) == 3
    assert tried == ["0"]


def test_t22_one_address_gets_only_so_many_mails_a_day(tmp_path: Path) -> None:
    house = House(tmp_path, changes=mailing(1))
    for number in range(LETTERS_A_DAY_MAX + 5):
        queue(house, str(number))
    taken: list[str] = []
    for _ in range(5):
        notices.send_due(house.engine.context, {"mail": lambda letter: str(taken.append(letter.key))})
    assert len(taken) == LETTERS_A_DAY_MAX
    house.clock.forward(hours=25)
    notices.send_due(house.engine.context, {"mail": lambda letter: str(taken.append(letter.key))})
    assert len(taken) == LETTERS_A_DAY_MAX + 5


def test_e18_a_line_end_in_a_subject_makes_no_second_header(tmp_path: Path) -> None:
    with scripted() as server:
        house = House(tmp_path, changes=mailing(server.port))
        queue(house, subject="Order\r\nBcc: everybody@example.org")
        send(house)
        house.engine.close()
    mail = email.message_from_bytes(server.mails[0])
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Order Bcc: everybody@example.org"


def test_what_was_not_taken_yet_can_be_seen(tmp_path: Path) -> None:
    house = House(tmp_path, changes=mailing(1))
    queue(house)

    def down(_: Letter) -> str:
        raise TemporaryChannelError("no connection")

    with house.engine.context.store.reading() as view:
        assert notices.unsent(view) == ()
    notices.send_due(house.engine.context, {"mail": down})
    with house.engine.context.store.reading() as view:
        (one,) = notices.unsent(view)
    assert (one.recipient, one.attempts, one.note) == ("desk@acme.example", 1, "no connection")


def test_old_letters_are_forgotten(tmp_path: Path) -> None:
    house = House(tmp_path, changes=mailing(1))
    queue(house)
    notices.send_due(house.engine.context, {"mail": lambda _: "taken"})
    assert notices.forget_old(house.engine.context) == 0
    house.clock.forward(days=91)
    assert notices.forget_old(house.engine.context) == 1
