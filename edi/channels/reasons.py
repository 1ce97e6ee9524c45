"""Why a connection did not come to stand, in words, with what to do about it; the same for every kind that uses TLS or plain TCP."""

from __future__ import annotations

import re

from edi.errors import ChannelError, TemporaryChannelError

_PLACES = (
    ("Hostname mismatch", "check `host`, or ask for a certificate of that name"),
    ("IP address mismatch", "write the name, not the address"),
)
_CHECK = "check host and port"
_KNOWN = {
    "Name or service not known": ("its name is not known", _CHECK),
    "No address associated": ("its name has no address", _CHECK),
    "Temporary failure in name resolution": ("its name could not be looked up", "is the network up?"),
    "Connection refused": ("nothing listens there", _CHECK),
    "No route to host": ("there is no way to it", "check the network and the firewall"),
    "Network is unreachable": ("there is no way to it", "check the network and the firewall"),
    "WRONG_VERSION_NUMBER": ("it does not speak TLS on this port", "check port and TLS"),
    "UNEXPECTED_EOF": ("it hung up while TLS began", None),
    "timed out": ("it did not answer in time", _CHECK),
}


def unreachable(channel: str, where: str, error: BaseException) -> ChannelError:
    """For people where a certificate was refused; all else may heal by itself."""
    text = str(error) or type(error).__name__
    refused = re.search(r"certificate verify failed: (.+?)\.? \(_ssl", text)
    if refused is not None:
        hint = next((hint for part, hint in _PLACES if part in text), "`ca` names the file with the certificates you trust")
        if "expired" in text:
            hint = "ask the server's operator for a new one"
        return ChannelError(f"{channel}: the certificate of {where} was refused: {refused[1]}", hint=hint)
    reason, hint_or_none = why_not(text)
    return TemporaryChannelError(f"{channel}: no connection to {where}: {reason}", hint=hint_or_none)


def why_not(text: str) -> tuple[str, str | None]:
    """What the system's words about a failed connection mean, and what to check."""
    for part, known in _KNOWN.items():
        if part in text:
            return known
    return re.sub(r"^\[Errno -?\d+\] ", "", text), None
