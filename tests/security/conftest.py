"""Houses that speak AS2, quiet ones, with certificates made here."""

from __future__ import annotations

from tests.channels.as2.conftest import house, peer  # noqa: F401 -- fixtures
from tests.channels.conftest import sftp_rig  # noqa: F401 -- a fixture
from tests.engine.conftest import quiet_log  # noqa: F401 -- a fixture
