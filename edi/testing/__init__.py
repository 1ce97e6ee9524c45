"""What proves a channel kind, ours or yours: a suite of tests, a channel in memory, and a small receiver and sender.

Nothing here imports pytest. A kind is proven like this::

    class TestMyKind(ChannelSuite):
        @pytest.fixture
        def rig(self) -> Iterator[Rig]:
            with my_server() as server:
                yield MyRig(server)
"""

from __future__ import annotations

from edi.testing.memory import MemoryFolder, MemoryInbound, MemoryOutbound, MemoryRig
from edi.testing.parties import Crash, Receiver, Sender
from edi.testing.rig import Rig
from edi.testing.suite import ChannelSuite, delivery

__all__ = ["ChannelSuite", "Crash", "MemoryFolder", "MemoryInbound", "MemoryOutbound", "MemoryRig", "Receiver", "Rig", "Sender", "delivery"]
