"""AS2 names and message identifiers as they travel in HTTP headers (RFC 4130 section 6.2)."""

from __future__ import annotations

import re
from typing import Final

NAME_CHARACTERS_MAX: Final = 128
MESSAGE_ID_CHARACTERS_MAX: Final = 998

_PLAIN = re.compile(r"[!#-\[\]-~]{1,128}\Z")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"\Z')
_MESSAGE_ID = re.compile(r"[!-~]{1,998}\Z")


def read_name(written: str) -> str | None:
    """The name behind `AS2-From` or `AS2-To`, quotes and escapes resolved; None where it is none. Case matters."""
    text = written.strip()
    if _PLAIN.match(text):
        return text
    quoted = _QUOTED.match(text)
    if quoted is None:
        return None
    name = re.sub(r"\\(.)", r"\1", quoted[1])
    return name if len(name) <= NAME_CHARACTERS_MAX else None


def write_name(name: str) -> str:
    """The name as a header carries it. Raises ValueError for one that no header can carry."""
    if _PLAIN.match(name):
        return name
    written = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    if read_name(written) != name:
        raise ValueError(f"{name!r} is no AS2 name: 1 to 128 printable ASCII characters")
    return written


def bare_id(message_id: str) -> str:
    """The identifier without its angle brackets: what two spellings of one id have in common."""
    return message_id.strip().removeprefix("<").removesuffix(">")


def is_message_id(message_id: str) -> bool:
    """True if it can be echoed in a header: printable, no blanks, at most 998 characters."""
    return bool(_MESSAGE_ID.match(message_id.strip())) and bare_id(message_id) != ""
