"""The kinds there are, and where a channel leads."""

from __future__ import annotations

import pytest

from edi.channels import kinds
from edi.channels.directory import Settings
from edi.channels.place import place_of

pytestmark = pytest.mark.storeless


def test_every_shipped_kind_has_name_settings_and_both_makers() -> None:
    for name, kind in ((name, kinds()[name]) for name in kinds() if name != "as2"):
        assert name == kind.KIND
        assert kind.Settings.model_config["extra"] == "forbid"


def test_where_a_channel_leads_is_said_in_one_phrase() -> None:
    assert place_of(Settings(folder="inbox")) == "inbox"
