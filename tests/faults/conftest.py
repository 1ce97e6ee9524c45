"""A house per test, as the engine's tests have it."""

from __future__ import annotations

from tests.engine.conftest import house, quiet_log  # noqa: F401 -- fixtures
