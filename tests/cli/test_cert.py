"""`edi cert` and `edi partner test`, as people call them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edi.channels.as2.disposition import error
from edi.channels.as2.opening import open_message
from tests.channels.as2.rig import As2House, Peer, with_receipt

Call = Callable[..., Any]


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path, peer: Peer) -> As2House:
    made = As2House(tmp_path / "w", url=peer.url)
    made.engine.close()
    return made


def test_list_shows_every_certificate_and_its_stage(call: Call, house: As2House) -> None:
    found = call("cert", "list", "--json", folder=house.folder)

    assert [(row["channel"], row["side"], row["stage"]) for row in found.json] == [
        ("acme-in", "ours", "active"),
        ("acme-in", "theirs", "active"),
        ("acme-out", "ours", "active"),
        ("acme-out", "theirs", "active"),
    ]


def test_check_speaks_of_what_ends_soon_and_has_no_successor(call: Call, house: As2House) -> None:
    quiet = call("cert", "check", "--days", "7", folder=house.folder)
    loud = call("cert", "check", "--days", "3650", folder=house.folder)

    assert (quiet.code, loud.code) == (0, 2)
    assert "edi cert rollover acme-in" in loud.out
    assert "edi cert import" in loud.out


def test_create_writes_a_key_that_only_we_read_and_never_overwrites(call: Call, house: As2House) -> None:
    made = call("cert", "create", "us-2030", "--bits", "2048", folder=house.folder)
    again = call("cert", "create", "us-2030", "--bits", "2048", folder=house.folder)

    assert (made.code, again.code) == (0, 1)
    assert (house.folder / "secrets/us-2030.key").stat().st_mode & 0o777 == 0o600
    assert "is there already" in again.err


def test_export_and_import_bring_a_certificate_with_its_key_from_one_place_to_another(call: Call, house: As2House, tmp_path: Path) -> None:
    secret = {"EDI_TEST_PASS": "quite long"}
    option = ("--passphrase", "${env:EDI_TEST_PASS}")
    exported = call("cert", "export", "acme-out", tmp_path / "us.p12", *option, folder=house.folder, **secret)
    imported = call("cert", "import", tmp_path / "us.p12", "--name", "moved", *option, folder=house.folder, **secret)

    assert (exported.code, imported.code) == (0, 0), exported.err + imported.err
    assert (house.folder / "certificates/moved.pem").read_bytes() == (house.folder / "us.pem").read_bytes()
    assert b"PRIVATE KEY" in (house.folder / "secrets/moved.key").read_bytes()
    assert call("cert", "export", "acme-out", tmp_path / "us.pem", folder=house.folder).code == 0
    assert b"PRIVATE" not in (tmp_path / "us.pem").read_bytes()


def test_a_partners_new_certificate_is_staged_beside_the_old_one(call: Call, house: As2House, tmp_path: Path) -> None:
    (tmp_path / "new.pem").write_bytes((house.folder / "us.pem").read_bytes())
    called = call("cert", "import", tmp_path / "new.pem", "--channel", "acme-out", "--from", "2027-01-01", folder=house.folder)
    rows = call("cert", "list", "--json", folder=house.folder).json

    assert called.code == 0, called.err
    assert [row["stage"] for row in rows if (row["channel"], row["side"]) == ("acme-out", "theirs")] == ["active", "staged"]


def test_rollover_stages_our_successor(call: Call, house: As2House) -> None:
    called = call("cert", "rollover", "acme-in", "--from", "2027-01-01", "--bits", "2048", folder=house.folder)
    rows = call("cert", "list", "--json", folder=house.folder).json

    assert called.code == 0, called.err
    assert [row["stage"] for row in rows if (row["channel"], row["side"]) == ("acme-in", "ours")] == ["active", "staged"]


def test_channel_test_says_of_a_receiving_channel_who_calls_whom(call: Call, house: As2House) -> None:
    called = call("channel", "test", "acme-in", folder=house.folder)

    assert called.code == 0, called.err
    assert "ours: us.pem: CN=us, active" in called.out
    assert "ACME AG sends by itself" in called.out


def test_partner_test_says_what_their_side_did(call: Call, house: As2House, peer: Peer) -> None:
    peer.scripts.append(with_receipt(house))
    called = call("partner", "test", "acme", "--yes", folder=house.folder)

    assert called.code == 0, called.err
    assert "signed with sha256, encrypted with aes256-cbc" in called.out
    assert "exactly these bytes" in called.out


def test_partner_test_names_the_fault_and_tries_other_profiles(call: Call, house: As2House, peer: Peer) -> None:
    peer.scripts += [with_receipt(house, disposition=error("authentication-failed")), with_receipt(house)]
    # The probe's own connection says nothing, and is no message.
    called = call("partner", "test", "acme", "--yes", "--all-profiles", folder=house.folder)

    assert called.code == 0, called.err
    assert "error-modifier (processed/error: authentication-failed)" in called.err
    assert "write that into the channel's file" in called.out


def handed_in(house: As2House) -> str:
    """A certificate that somebody of the partner handed in on the status page; its fingerprint."""
    from edi.cli import cert_files
    from edi.engine.clock import SystemClock
    from edi.store import people
    from edi.store.store import Store, moment

    clock = SystemClock()
    made = cert_files.make("Acme next", clock.now(), days=30, bits=2048).certificate
    store = Store(house.folder / "var")
    with store.writing("test", clock.now()) as transaction:
        people.stage(
            transaction, partner="acme", person="sabine@acme.example", pem=made.pem().decode(), fingerprint=made.fingerprint,
            subject=made.subject, expires=moment(made.valid_until),
        )  # fmt: skip
    store.close()
    return made.fingerprint


def test_a_certificate_that_was_handed_in_is_activated_beside_the_one_in_use(call: Call, house: As2House) -> None:
    fingerprint = handed_in(house)
    listed = call("cert", "staged", "--json", folder=house.folder)
    done = call("cert", "activate", "C1", "--channel", "acme-out", "--from", "2030-01-01", "--yes", folder=house.folder)
    again = call("cert", "activate", "C1", "--channel", "acme-out", "--yes", folder=house.folder)
    known = call("cert", "list", "--json", folder=house.folder).json

    assert [("acme", "staged", fingerprint)] == [(one["partner"], one["state"], one["fingerprint"]) for one in listed.json]
    assert 0 == done.code
    assert fingerprint in done.out
    assert 1 == again.code
    assert "no certificate C1 waits" in again.err
    assert [("acme-out", "theirs", "staged")] == [
        (one["channel"], one["side"], one["stage"]) for one in known if one["sha256"] == fingerprint
    ]


def test_a_certificate_that_was_handed_in_is_refused_with_a_reason(call: Call, house: As2House) -> None:
    handed_in(house)
    wrong = call("cert", "activate", "C1", "--channel", "erp-out", "--yes", folder=house.folder)
    refused = call("cert", "refuse", "C1", "--why", "fingerprint differs", folder=house.folder)

    assert "is no AS2 channel with 'acme'" in wrong.err
    assert "C1 is refused" in refused.out
    assert "refused" in call("cert", "staged", "acme", folder=house.folder).out
    assert 1 == call("cert", "refuse", "C9", "--why", "x", folder=house.folder).code
    assert [] == list((house.folder / "certificates").glob("*"))


def test_rows_87_88_several_files_travel_in_one_message_under_one_receipt(call: Call, house: As2House, peer: Peer, tmp_path: Path) -> None:
    peer.scripts.append(with_receipt(house))
    files = []
    for name, content in (("order.edi", b"UNB"), ("picture.pdf", b"%PDF\r\n\0"), ("note.txt", b"x\n")):
        (tmp_path / name).write_bytes(content)
        files.append(str(tmp_path / name))
    done = call("send", *files, "--channel", "acme-out", folder=house.folder)
    again = call("send", *files, "--channel", "acme-out", folder=house.folder)
    found = open_message(peer.heard[0].headers, peer.heard[0].body, house.partner(), at=datetime.now(UTC))

    assert (done.code, again.code, len(peer.heard)) == (0, 0, 1)
    assert [(one.filename, bytes(one.content)) for one in found.payloads] == [
        ("order.edi", b"UNB"),
        ("picture.pdf", b"%PDF\r\n\0"),
        ("note.txt", b"x\n"),
    ]


def test_several_files_through_a_channel_that_sends_one(call: Call, house: As2House, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"x")
    done = call("send", str(tmp_path / "a"), str(tmp_path / "b"), "--channel", "erp-out", folder=house.folder)

    assert done.code == 1
    assert "one file at a time" in done.err
