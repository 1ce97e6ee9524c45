"""`edi alerts` as people call it, over real certificates and a real server."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.channels.as2.rig import As2House
from tests.engine.test_notices import mailing
from tests.servers.smtp import scripted

Call = Callable[..., Any]
SOON = "alerts: {certificate_days: [36500, 30], disk_free_min: 0}\n"


def as2_house(folder: Path) -> Path:
    """A workspace with AS2 channels and the shipped mappings, that has worked once."""
    house = As2House(folder, url="http://127.0.0.1:1/")
    house.engine.close()
    shutil.rmtree(folder / "mappings")
    return folder


def test_certificates_that_end_are_told_with_their_channel_and_what_to_do(call: Call, tmp_path: Path) -> None:
    folder = as2_house(tmp_path / "w")
    assert call("run", "--once", "--as-root", folder=folder).code == 0
    quiet = call("alerts", "list", folder=folder)
    (folder / "notices.yaml").write_text(SOON)
    loud = call("alerts", "list", "--json", folder=folder)

    assert (quiet.code, "nothing needs you" in quiet.out) == (0, True), quiet.out
    told = [one["cause"] for one in loud.json]
    assert (loud.code, {one["topic"] for one in told}) == (2, {"certificate"})
    assert any(one["key"].startswith("certificate:acme-out:ours:") and one["key"].endswith(":36500") for one in told)
    assert any("edi cert rollover acme-out" in one["text"] for one in told)


def test_a_pass_without_a_daemon_sends_alerts_too(call: Call, tmp_path: Path) -> None:
    with scripted() as server:
        folder = as2_house(tmp_path / "w")
        files = mailing(server.port)
        (folder / "notices.yaml").write_text(files["notices.yaml"] + SOON.replace("alerts: {", "alerts: {to: [edi@muster.example], "))
        (folder / "channels/house-mail.yaml").write_text(files["channels/house-mail.yaml"])
        tried = call("alerts", "test", folder=folder)
        call("run", "--once", "--as-root", folder=folder)

    assert (tried.code, tried.out.strip()) == (0, "mail edi@muster.example: taken")
    assert len(server.mails) == 2
    assert b"edi cert rollover acme-out" in server.mails[1].replace(b"=\r\n", b"")


def test_notices_yaml_is_checked_with_the_other_files(call: Call, tmp_path: Path) -> None:
    assert call("init", "w").code == 0
    place = tmp_path / "w" / "notices.yaml"
    place.write_text(
        "mail: {channel: nowhere}\nalerts: {to: [edi@muster.example], webhooks: [{name: x, url: 'http://pager.example/', secret: geheim}]}\n"
    )
    found = call("check", folder=tmp_path / "w")

    assert found.code != 0
    assert "notices.yaml" in found.out
    for sentence in ("is not encrypted; write https", "secret"):
        assert sentence in found.out
    place.write_text("mail: {channel: acme-out}\n")
    assert "channel 'acme-out' does not send mails" in call("check", folder=tmp_path / "w").out
