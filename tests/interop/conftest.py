"""Our house and another product's program, both for all cases, once per run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import skipping_if_missing
from tests.interop.cases import ALL, BY_KEY
from tests.interop.house import InteropHouse
from tests.interop.openas2 import OpenAs2, openas2
from tests.interop.relay import Relay
from tests.servers.process import free_port


@dataclass(frozen=True, slots=True)
class Both:
    """Everything that talks to each other."""

    house: InteropHouse
    house_tls: InteropHouse
    peer: OpenAs2
    to_us: Relay
    to_peer: Relay


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """OpenAS2 and two houses of ours, one of them behind TLS."""
    ports = {name: free_port() for name in ("us", "tls_us", "peer", "mdn", "tls")}
    to_us, to_peer = Relay(ports["us"]), Relay(ports["peer"])
    ports |= {"relay_to_us": to_us.port, "relay_to_peer": to_peer.port}
    with skipping_if_missing(), openas2(ALL, ports) as peer:
        house = InteropHouse(tmp_path_factory.mktemp("house"), ALL, peer, ports["us"])
        secure = InteropHouse(tmp_path_factory.mktemp("secure"), (BY_KEY["tls"],), peer, ports["tls_us"], tls=True)
        with house.serving(), secure.serving():
            yield Both(house, secure, peer, to_us, to_peer)
        house.close()
        secure.close()
    to_us.close()
    to_peer.close()
