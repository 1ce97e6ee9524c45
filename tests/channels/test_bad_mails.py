"""The corpus of bad mails (4.7) and names (4.8) through the engine: each has its one finding, no effect, and the good one behind it its effect."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from edi.store.tables import transmission
from tests.channels.served_house import ServedHouse, sftp_channel
from tests.channels.test_email_faults import Mailbox, mailbox
from tests.channels.test_email_mail import HEAD, multipart, part
from tests.channels.test_email_mailbox import mail
from tests.engine.house import order
from tests.servers.openssh import OpenSSH

pytestmark = pytest.mark.server
__all__ = ["mailbox"]


def nested(depth: int) -> bytes:
    raw = HEAD
    for level in range(depth):
        raw += f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'.encode()
    return raw + b"\r\nx"


ATTACHED = 'attachment; filename="a.edi"'
BAD = {
    "E01": (HEAD + b"\r\nplease order 7 pieces", "mime.no_document"),
    "E02": (multipart(part('attachment; filename="logo.png"', kind="image/png")), "mime.no_document"),
    "E03": (HEAD + b"Content-Type: text/plain\r\n\r\nUNA:+.? 'UNB+UNOC:3+1+2+261124:0900+1'UNZ+0+1'\r\n", "mime.no_document"),
    "E04": (multipart(b"Content-Type: message/rfc822\r\n\r\n" + mail(("inner.edi", order()))), "mime.no_document"),
    "E05": (nested(1500), "mime.limit"),
    "E06": (multipart(*[b"\r\nx"] * 10_000), "mime.limit"),
    "E07": (multipart(part('attachment; filename="winmail.dat"', kind="application/ms-tnef")), "mime.tnef"),
    "E08": (multipart(part('attachment; filename="orders.zip"', kind="application/zip")), "mime.no_document"),
    "E09": (multipart(part(ATTACHED, b"VU5CK#%&w==")), "mime.base64"),
    "E16": (
        HEAD + b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA",
        "mime.encrypted",
    ),
}


def test_each_bad_mail_has_its_one_finding_and_the_good_one_behind_it_its_effect(mailbox: Mailbox) -> None:
    for number, (raw, _) in BAD.items():
        mailbox.drop(raw.replace(b"<1@acme.example>", f"<{number}@acme.example>".encode()))
    mailbox.drop(mail(("good.edi", mailbox.ledger.order())))
    house = mailbox.read_by()

    for _ in range(2):
        house.engine.run_once()

    found, tried = {}, {}
    with house.engine.context.store.reading() as view:
        for row in view.connection.execute(transmission.select()).all():
            if row.filename != "good.edi":
                # Of one that is nested too deep not even the Message-ID is read.
                found["E05" if row.filename.startswith("sha256") else row.filename[:3]] = [one["code"] for one in json.loads(row.findings)]
                tried[row.state] = row.reason
    assert found == {number: [code] for number, (_, code) in BAD.items()}
    assert set(tried) == {"quarantined"}
    assert tried["quarantined"].startswith("the mail was taken whole: ")
    assert mailbox.mails() == []
    assert len(house.files("erp/out")) == 1


def test_e19_a_mail_that_says_it_is_too_long_is_never_asked_for(mailbox: Mailbox) -> None:
    mailbox.drop(mail(("long.edi", b"x" * 200_000)))
    house = mailbox.read_by(mail_bytes_max=100_000)

    house.engine.run_once()

    assert house.rows() == []
    assert mailbox.proxy.passed["to_client"] < 100_000
    assert len(mailbox.mails()) == 1


@pytest.mark.parametrize("kind", ["sftp", "directory"])
def test_f17_two_documents_that_want_one_name_at_once_both_arrive_whole(kind: str, tmp_path: Path, sshd: OpenSSH) -> None:
    place = sshd.new_folder(f"f17-{tmp_path.name[-12:]}")
    text = f"channel: acme-out\nkind: directory\ndirection: out\npartner: acme\nfolder: '{place}'\nname: order.edi\n"
    if kind == "sftp":
        text = sftp_channel("acme-out", "out", sshd, place, name="order.edi")
    house = ServedHouse(tmp_path, changes={"channels/acme-out.yaml": text}, secrets={"key": sshd.private_key})
    ends = [house.engine.context.channels.outbound("acme-out"), house.beside().context.channels.outbound("acme-out")]
    together, sent = threading.Barrier(2), []
    from edi.testing import delivery

    def send(index: int) -> None:
        together.wait()
        sent.append(ends[index].send(delivery("order.edi", b"%d" % index * 100_000, identity=str(index))).remote_name)

    threads = [threading.Thread(target=send, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for end in ends:
        end.close()
    house.engine.close()

    there = {path.name: path.read_bytes() for path in place.iterdir()}
    assert sorted(there) == sorted(str(name) for name in sent)
    assert sorted(there.values()) == [b"0" * 100_000, b"1" * 100_000]


def test_f17_one_name_in_two_mails_and_twice_in_one_are_three_documents(mailbox: Mailbox) -> None:
    mailbox.drop(mail(("order.edi", mailbox.ledger.order()), ("order.edi", mailbox.ledger.order())))
    mailbox.drop(mail(("order.edi", mailbox.ledger.order())))
    mailbox.read_by()

    mailbox.is_settled()
