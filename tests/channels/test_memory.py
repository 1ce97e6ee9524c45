"""The suite on the channel in memory: it proves the suite itself."""

import pytest

from edi.testing import ChannelSuite, MemoryRig

pytestmark = pytest.mark.storeless


class TestMemory(ChannelSuite):
    @pytest.fixture
    def rig(self) -> MemoryRig:
        return MemoryRig()
