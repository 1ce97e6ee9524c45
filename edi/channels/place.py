"""Where a channel leads, in one phrase for people; never a secret."""

from __future__ import annotations

from pydantic import BaseModel


def place_of(settings: BaseModel) -> str:
    """E.g. `muster@sftp.acme.example:22 out`, `./inbox`, `https://erp.example/orders`."""
    for name in ("url", "receive_url"):
        if value := getattr(settings, name, None):
            return str(value)
    folder = str(getattr(settings, "folder", "") or getattr(settings, "mailbox", "") or "")
    host = str(getattr(settings, "host", "") or "")
    if not host:
        return folder
    user = getattr(settings, "user", None)
    port = getattr(settings, "port", None)
    server = f"{user}@{host}" if user else host
    return f"{server}:{port} {folder}".strip() if port else f"{server} {folder}".strip()
