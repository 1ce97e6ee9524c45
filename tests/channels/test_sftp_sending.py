"""Sending by SFTP to a real OpenSSH server: faults F-S20 to F-S24."""

from __future__ import annotations

import pytest

from edi.channels.sftp.session import Session
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.testing import Sender, delivery
from edi.testing.suite import CONTENT
from tests.channels.sftp_rig import SftpRig

pytestmark = [pytest.mark.server, pytest.mark.storeless]

PLACES = {"to_server": range(0, 1400, 40), "to_client": range(0, 700, 20)}
"""Bytes of an upload after which the connection is lost; the last ones lie after its end."""


@pytest.mark.parametrize("direction", ["to_server", "to_client"])
def test_f_s20_a_drop_at_any_byte_of_an_upload_leaves_no_torn_file_and_one_copy_in_the_end(sftp_rig: SftpRig, direction: str) -> None:
    outcomes = set()
    payload = b"UNB+" * 100
    for after in PLACES[direction]:
        wanted = delivery(f"I{after}.edi", payload + b"%d" % after, identity=str(after))
        outbound = sftp_rig.outbound()
        outbound.connection.session()
        sender = Sender()
        with sftp_rig.cut_from_now(direction, after):  # type: ignore[arg-type]
            try:
                outbound.send(wanted)
            except UnknownOutcomeError:
                outcomes.add("unknown")
            except TemporaryChannelError:
                outcomes.add("temporary")
                assert wanted.filename not in sftp_rig.lies_there()
        assert sftp_rig.lies_there().get(wanted.filename, wanted.payload) == wanted.payload
        outbound.connection.close()
        if outbound.look(wanted) is not True:
            sender.run(outbound, wanted)
        assert sftp_rig.lies_there()[wanted.filename] == wanted.payload
        outbound.close()
    assert len(sftp_rig.lies_there()) == len(PLACES[direction])
    assert outcomes == {"unknown", "temporary"}


def test_f_s21_other_content_under_the_name_gets_a_suffix_or_is_refused(sftp_rig: SftpRig) -> None:
    sftp_rig.put("INVOIC_1.edi", b"theirs")

    with pytest.raises(ChannelError, match="is there with other content and was not overwritten"):
        sftp_rig.outbound(exists="refuse").send(delivery())
    first, again = sftp_rig.outbound().send(delivery()), sftp_rig.outbound().send(delivery())

    assert first.remote_name == again.remote_name
    assert sftp_rig.lies_there() == {"INVOIC_1.edi": b"theirs", str(first.remote_name): CONTENT}
    assert list(sftp_rig.folder.glob(".*")) == []


def test_f_s22_a_server_without_fsync_gets_the_file_all_the_same(sftp_rig: SftpRig) -> None:
    outbound = sftp_rig.outbound()
    session: Session = outbound.connection.session()
    session.extensions = frozenset()

    assert "flushed" not in outbound.send(delivery()).note
    assert sftp_rig.lies_there() == {"INVOIC_1.edi": CONTENT}


def test_f_s22_another_temporary_name_can_be_agreed(sftp_rig: SftpRig) -> None:
    outbound = sftp_rig.outbound(temporary="{name}.writing")

    assert outbound._temporary("a.edi").endswith(b".writing")
    assert outbound.send(delivery()).remote_name == "INVOIC_1.edi"


def test_f_s22_a_folder_without_permission_is_for_people(sftp_rig: SftpRig) -> None:
    sftp_rig.folder.chmod(0o555)
    try:
        with pytest.raises(ChannelError, match="Permission denied") as caught:
            sftp_rig.outbound().send(delivery())
    finally:
        sftp_rig.folder.chmod(0o755)

    assert not isinstance(caught.value, TemporaryChannelError)


def test_f_s24_a_file_the_partner_took_at_once_counts_as_delivered(sftp_rig: SftpRig) -> None:
    outbound = sftp_rig.outbound()
    outbound._left_behind["edi-1"] = sftp_rig.folder.as_posix().encode() + b"/.INVOIC_1.edi-0000.part"

    assert outbound.look(delivery()) is True


def test_f_s24_a_rename_that_never_happened_is_known_by_the_temporary_name(sftp_rig: SftpRig) -> None:
    outbound = sftp_rig.outbound()
    temporary = sftp_rig.folder / ".INVOIC_1.edi-0000.part"
    temporary.write_bytes(CONTENT)
    outbound._left_behind["edi-1"] = str(temporary).encode()

    assert outbound.look(delivery()) is False
    assert list(sftp_rig.folder.iterdir()) == []
