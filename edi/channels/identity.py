"""What makes a file in a folder the same file: name, size, time, and whatever else the folder tells.

A folder may tell too little: SFTP knows seconds, programs keep times, numbers of files are used again. So a file that is kept and
still there is looked into before it is put away, and one with other content has its content in its identity too.
"""

from __future__ import annotations

import hashlib
import re

_DIGEST = re.compile(r"~[0-9a-f]{32}$")


def with_content(identity: str, sha256: str) -> str:
    """The identity of a file that another one with the same name, size and time was kept before."""
    return f"{plain(identity)}~{sha256[:32]}"


def plain(identity: str) -> str:
    """What the folder tells of it, without its content."""
    return _DIGEST.sub("", identity)


def is_of(identity: str, payload: bytes) -> bool:
    """False if the identity names a content, and the payload is another one."""
    return identity == plain(identity) or identity == with_content(identity, hashlib.sha256(payload).hexdigest())
