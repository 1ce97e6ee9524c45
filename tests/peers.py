"""Other people's packages that `python -m benchmarks ubl` put into environments of their own; tests that need one skip where it is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

PEERS = Path(__file__).resolve().parent.parent / ".cache" / "peers"


def use(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the package were installed beside us, behind everything that is."""
    found = next(PEERS.glob(f"{package}/lib/python*/site-packages"), None)
    if found is None:
        pytest.skip(f"{package} is not installed below .cache/peers")
    monkeypatch.setattr(sys, "path", [*sys.path, str(found)])
