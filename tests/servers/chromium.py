"""Chromium, for looking at the status page: where it lies on this machine, if it does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.servers.packages import Missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chromium-headless-shell")


def chromium_path() -> Path:
    """The browser; raises Missing where there is none. It is not fetched: unpacked it needs some hundred libraries of a desktop."""
    named = os.environ.get("EDI_CHROMIUM", "")
    for name in (named, *NAMES):
        found = shutil.which(name) if name else None
        if found:
            return Path(found)
    browsers = Path.home() / ".cache" / "ms-playwright"
    for path in sorted(browsers.glob("chromium*/chrome-linux*/*"), reverse=True):
        if path.name in {"chrome", "headless_shell"} and os.access(path, os.X_OK):
            return path
    raise Missing("chromium: no browser is installed, and EDI_CHROMIUM names none")
