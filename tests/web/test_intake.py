"""What people hand in: files into the live inbox by the way of every file, and certificates that nobody uses before an operator does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edi.store import people
from tests.engine.house import order
from tests.web.desk import Person, boreals
from tests.web.people import Crowd
from tests.web.test_documents import plain
from tests.web.test_security import names


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    made = Crowd(tmp_path)
    yield made
    made.close()


def hand_in(person: Person, path: str, data: bytes, name: str = "order.edi") -> str:
    answer = person.post(path, {"csrf": person.csrf()}, files={"file": (name, data)})
    assert answer.status_code == 200, answer.text
    return plain(answer.text)


def certificate(last: datetime = datetime(2028, 1, 1)) -> tuple[bytes, bytes]:
    """A certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Acme")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    signed = made.not_valid_before(datetime(2020, 1, 1)).not_valid_after(last).sign(key, SHA256())
    return signed.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_file_that_is_handed_in_goes_the_way_of_every_file(crowd: Crowd) -> None:
    person = crowd.user("sabine@acme.example")
    said = hand_in(person, "/upload", order("4711"))
    crowd.house.engine.run_once()

    assert "We have the file." in said
    assert "4711" in person.get().text
    assert crowd.house.files("erp/out")
    assert ("partner:acme:sabine@acme.example", "T1", "page_uploaded") in crowd.audited()
    assert () == crowd.house.engine.context.store.verify()


def test_the_same_file_again_is_the_same_file(crowd: Crowd) -> None:
    person = crowd.user("sabine@acme.example")
    hand_in(person, "/upload", order("4711"))

    assert "before; nothing was done" in hand_in(person, "/upload", order("4711"), "other.edi")
    crowd.house.engine.run_once()
    assert 1 == len(names(person))


def test_t34_somebody_elses_document_is_not_processed_for_them(crowd: Crowd) -> None:
    hand_in(crowd.user("sabine@acme.example"), "/upload", boreals(order("4711")))
    crowd.house.engine.run_once()

    assert {} == crowd.house.files("erp/out")
    assert [] == names(crowd.partner("boreal"))


@pytest.mark.parametrize("who", ["orders@acme.example", "inbox@acme.example"])
def test_who_may_only_read_hands_in_nothing(crowd: Crowd, who: str) -> None:
    person = crowd.user(who)
    csrf = person.csrf()

    assert 403 == person.get("/upload").status_code
    assert "/upload" not in person.get().text
    for path in ("/upload", "/certificate"):
        assert 403 == person.post(path, {"csrf": csrf}, files={"file": ("x.edi", order("1"))}).status_code
    with crowd.house.engine.context.store.reading() as view:
        assert [] == view.connection.exec_driver_sql("SELECT id FROM transmission").all()
        assert () == people.staged(view)


def test_a_link_alone_hands_in_nothing(crowd: Crowd) -> None:
    assert 403 == crowd.partner("acme").get("/upload").status_code


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "a\r\nb.edi", "", "x" * 500, "..", "<script>.edi"])
def test_the_name_a_browser_gives_is_a_name_only(crowd: Crowd, name: str) -> None:
    hand_in(crowd.user("sabine@acme.example"), "/upload", order("4711"), name or "x")
    with crowd.house.engine.context.store.reading() as view:
        (kept,) = view.connection.exec_driver_sql("SELECT filename FROM transmission").scalars()

    assert kept
    assert len(kept) <= 120
    assert not set(kept) & set("/\\\r\n")


def test_nothing_chosen_and_too_much_are_said(crowd: Crowd) -> None:
    person = crowd.user("sabine@acme.example")

    assert "Choose a file first" in plain(person.act("/upload").text)
    assert 413 == person.post("/upload", {"csrf": person.csrf()}, files={"file": ("x", b"x" * 9_000_000)}).status_code


def test_a_certificate_waits_and_changes_nothing(crowd: Crowd) -> None:
    person = crowd.user("sabine@acme.example")
    pem, _ = certificate()
    said = hand_in(person, "/certificate", pem, "acme.pem")
    again = hand_in(person, "/certificate", pem, "acme.pem")
    with crowd.house.engine.context.store.reading() as view:
        (staged,) = people.staged(view, "acme")

    assert "once somebody here has activated it" in said
    assert "is waiting here already" in again
    assert ("staged", "sabine@acme.example") == (staged.state, staged.person)
    assert staged.fingerprint in person.get("/about").text
    assert staged.fingerprint not in crowd.partner("boreal").get("/about").text
    assert [] == list(crowd.house.folder.rglob("*.pem"))


def test_t26_a_private_key_is_refused_and_not_kept(crowd: Crowd) -> None:
    person = crowd.user("sabine@acme.example")
    pem, key = certificate()

    assert "private key" in hand_in(person, "/certificate", pem + key, "acme.pem")
    crowd.desk.notebook.flush()
    kept = [place.read_bytes() for place in (crowd.house.folder / "store").rglob("*") if place.is_file()]
    secret = key.splitlines()[1]
    assert [] == [data for data in kept if secret in data]


@pytest.mark.parametrize(
    ("data", "said"), [(b"hello", "no certificate"), (b"", "no certificate"), (b"-----BEGIN CERTIFICATE-----\nx", "no certificate")]
)
def test_what_is_no_certificate_is_said(crowd: Crowd, data: bytes, said: str) -> None:
    assert said in hand_in(crowd.user("sabine@acme.example"), "/certificate", data, "x.pem")


def test_an_expired_certificate_is_not_taken(crowd: Crowd) -> None:
    pem, _ = certificate(datetime(2025, 1, 1))

    assert "has expired" in hand_in(crowd.user("sabine@acme.example"), "/certificate", pem, "x.pem")


def test_the_go_live_list_follows_what_happened(crowd: Crowd) -> None:
    person = crowd.user("sabine@acme.example")

    def states() -> list[str]:
        return re.findall(r'<li><span class="tag \w+">(Done|Open)', person.get("/test").text)

    before = states()
    person.act("/test", {"text": order("4711").decode()})
    tested = states()
    crowd.work()
    worked = states()

    assert ["Open", "Open", "Open", "Open", "Open", "Done"] == before
    assert ["Open", "Done", "Open", "Open", "Open", "Done"] == tested
    assert ["Open", "Done", "Done", "Done", "Open", "Done"] == worked
