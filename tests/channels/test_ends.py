"""The channels of a workspace by name, and the kinds there are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from edi.channels import kinds
from edi.channels.directory import Settings
from edi.channels.ends import Ends
from edi.channels.place import place_of
from edi.errors import ConfigError


def ends(folder: Path) -> Ends:
    settings = Settings(folder="box")
    files = {
        "erp-in": SimpleNamespace(kind="directory", direction="in", settings=settings),
        "erp-out": SimpleNamespace(kind="directory", direction="out", settings=settings),
    }
    return Ends(files, lambda reference: "", folder)


def test_an_end_is_made_once_and_again_after_close(tmp_path: Path) -> None:
    channels = ends(tmp_path)
    first = channels.inbound("erp-in")

    assert channels.inbound("erp-in") is first
    channels.close()
    assert channels.inbound("erp-in") is not first


def test_a_name_nobody_knows_and_a_wrong_direction_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no channel 'x'\n  hint: one of: erp-in, erp-out"):
        ends(tmp_path).inbound("x")
    with pytest.raises(ConfigError, match="channel 'erp-in' does not send"):
        ends(tmp_path).outbound("erp-in")


def test_every_shipped_kind_has_name_settings_and_both_makers() -> None:
    for name, kind in ((name, kinds()[name]) for name in kinds() if name != "as2"):
        assert name == kind.KIND
        assert kind.Settings.model_config["extra"] == "forbid"


def test_where_a_channel_leads_is_said_in_one_phrase() -> None:
    assert place_of(Settings(folder="inbox")) == "inbox"
