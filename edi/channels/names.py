"""File names: shown safely, made safely, matched, and rendered from templates.

Rule 1: a name from outside is data. It is shown escaped and compared; it never chooses a folder (threat T01).
Rule 2: a name we make is one path component that every system takes as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from edi.errors import ChannelError
from edi.limits import FILE_NAME_BYTES_MAX

TEMPORARY = (".*", "*~", "*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.writing", "*.swp", "*.lock")
"""Names under which programs write what is not finished yet (WinSCP: .filepart, browsers: .crdownload)."""

FIELDS = ("sender", "recipient", "kind", "type", "number", "ref", "identity", "filename", "stem", "suffix")
"""What a template may name. `type` falls back to kind, `ref` to number and then to the identity."""

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_FIELD = re.compile(r"\{(\w*)\}")


def quote(raw: bytes) -> str:
    """The name as text that can be stored and shown: odd bytes, controls and backslashes as hexadecimal. `unquote` gives it back."""
    text = raw.decode("utf-8", "surrogateescape")
    return "".join(character if _plain(character) else _escaped(character) for character in text)


def _plain(character: str) -> bool:
    # Format characters turn the reading direction or cannot be seen (F10), so they are shown as what they are.
    return character != "\\" and unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def unquote(text: str) -> bytes:
    """The bytes of a quoted name."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode())


def is_component(raw: bytes) -> bool:
    """True if the name names something inside its folder: no separator, not `.` or `..`, not empty."""
    return raw not in {b"", b".", b".."} and b"/" not in raw and b"\0" not in raw


def is_temporary(name: str, more: Iterable[str] = ()) -> bool:
    """True for names of unfinished files, and for those the patterns in `more` name."""
    return any(fnmatchcase(name.lower(), pattern) for pattern in TEMPORARY) or any(fnmatchcase(name, pattern) for pattern in more)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """True if the name fits one of the shell patterns; case counts."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def marker_name(marker: str, name: str) -> str:
    """The name of the marker file that says `name` is complete."""
    return marker.replace("{name}", name).replace("{stem}", stem_and_suffix(name)[0])


def stem_and_suffix(name: str) -> tuple[str, str]:
    """`orders.edi` in two: `orders` and `.edi`; a leading dot begins no suffix."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")


def safe(name: str) -> str:
    """One path component that any file system, shell and Windows takes as it is; never empty, hidden or reserved."""
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    text = "".join(character if character.isalnum() or character in "._-+=@" else "_" for character in text).strip("._- ")
    if not text:
        return "unnamed"
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    return _shortened(text, FILE_NAME_BYTES_MAX).rstrip("._- ")


def _shortened(text: str, bytes_max: int) -> str:
    """The text in at most so many bytes, its suffix kept, no character cut in two."""
    if len(text.encode()) <= bytes_max:
        return text
    stem, suffix = stem_and_suffix(text)
    suffix = suffix if len(suffix.encode()) <= 16 else ""
    return stem.encode()[: bytes_max - len(suffix.encode())].decode("utf-8", "ignore") + suffix


def check_template(template: str) -> str:
    """The template, if it names known fields only and is one path component."""
    for field in _FIELD.findall(template):
        if field not in FIELDS:
            raise ValueError(f"{{{field}}} is no field of a file name; one of: {', '.join(FIELDS)}")
    rest = _FIELD.sub("", template)
    if "{" in rest or "}" in rest or safe(f"x{rest}x") != f"x{rest}x":
        raise ValueError(f"{template!r} holds characters that a file name should not have")
    return template


def render(template: str, values: Mapping[str, str], *, identity: str, filename: str) -> str:
    """The file name; raises ChannelError if the template names a value that the delivery does not have."""
    stem, suffix = stem_and_suffix(filename)
    known = {
        **values,
        "identity": identity,
        "filename": filename,
        "stem": stem,
        "suffix": suffix,
        "type": values.get("type") or values.get("kind", ""),
        "ref": values.get("ref") or values.get("reference") or values.get("number") or identity,
    }
    return safe(_FIELD.sub(lambda found: _value(found[1], known, template), template))


def _value(field: str, known: Mapping[str, str], template: str) -> str:
    value = known.get(field, "")
    if not value and field != "suffix":
        raise ChannelError(f"file name {template!r} asks for {field!r}, which this delivery does not have", hint="choose another template")
    return value if field in {"suffix", "filename"} else value.replace(".", "_")


def suffixed(name: str, token: str) -> str:
    """The same name with a token before its suffix: `orders~1a2b3c4d.edi`."""
    stem, suffix = stem_and_suffix(name)
    return f"{_shortened(stem, FILE_NAME_BYTES_MAX - len(suffix.encode()) - len(token) - 1)}~{token}{suffix}"
