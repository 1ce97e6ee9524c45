"""Verifies an evidence pack from its bytes alone: needs no store, no workspace, no clock."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edi.errors import StoreError
from edi.store import audit, merkle
from edi.store.audit import Head

DERIVED: Final = frozenset({"interchange", "document"})
"""Made from what came, so that anybody can make them again; no entry names them by their bytes."""
TRAIL: Final = "trail.json"


def verify(data: bytes, head: Head | None = None) -> tuple[str, ...]:
    """Every place where a pack does not hold; empty if it does. Raises StoreError if it is no pack.

    `head`: one that was kept elsewhere, of the moment the pack was made.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        trail = json.loads(files.pop(TRAIL))
        return tuple(dict.fromkeys(_breaks(trail, files, head)))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, AttributeError, NotImplementedError) as error:
        raise StoreError(f"this is no evidence pack: {error}") from error


def head_of(data: bytes) -> Head:
    """Size and root of the trail when the pack was made. Raises StoreError if it is no pack."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = json.loads(archive.read(TRAIL))["head"]
        return Head(size=int(found["size"]), hash=str(found["hash"]), root=str(found["root"]))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, NotImplementedError) as error:
        raise StoreError(f"this is no evidence pack: {error}") from error


def seal(trail: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """SHA-256 over everything in a pack."""
    said = {name: value for name, value in trail.items() if name != "seal"}
    held = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return hashlib.sha256(audit.json_text([said, held]).encode("ascii")).hexdigest()


def _breaks(trail: dict[str, Any], files: Mapping[str, bytes], head: Head | None) -> Iterator[str]:
    entries, pieces = trail["entries"], trail["pieces"]
    root = str(trail["head"]["root"])
    if head is not None and (head.size, head.root or root, head.hash) != (trail["head"]["size"], root, trail["head"]["hash"]):
        yield f"the pack was made of another trail than the one whose head was kept at {head.size} entries"
    if seal(trail, files) != trail["seal"]:
        yield "something in the pack was changed after it was made"
    yield from _entry_breaks(entries, int(trail["head"]["size"]), bytes.fromhex(root))
    said = "\n".join(f"{entry['subject']}\n{entry['detail']}" for entry in entries)
    yield from _payload_breaks(pieces, files, said)
    yield from _mapping_breaks(files, said)


def _entry_breaks(entries: list[dict[str, Any]], size: int, root: bytes) -> Iterator[str]:
    previous: dict[str, Any] | None = None
    for entry in entries:
        event = audit.Event(
            at=entry["at"], actor=entry["actor"], subject=entry["subject"], event=entry["event"], detail=json.loads(entry["detail"])
        )
        leaf = bytes.fromhex(entry["hash"])
        if audit.entry_hash(entry["seq"], event, entry["previous"]) != entry["hash"]:
            yield f"entry {entry['seq']} was changed after it was written"
        elif not merkle.verify_inclusion(leaf, entry["seq"] - 1, size, [bytes.fromhex(one) for one in entry["proof"]], root):
            yield f"entry {entry['seq']} does not stand in the trail"
        if previous is not None and entry["seq"] == previous["seq"] + 1 and entry["previous"] != previous["hash"]:
            yield f"entry {entry['seq']} does not follow the one before it"
        previous = entry


def _payload_breaks(pieces: list[dict[str, Any]], files: Mapping[str, bytes], said: str) -> Iterator[str]:
    for piece in pieces:
        if f"payloads/{piece['sha256']}" not in files:
            yield f"the bytes of {piece['of']} ({piece['role']}) are not in the pack: their retention had ended, or they were taken out"
        if piece["role"] not in DERIVED and piece["sha256"] not in said:
            yield f"no entry names the bytes of {piece['of']} ({piece['role']})"
    known = {f"payloads/{piece['sha256']}" for piece in pieces}
    for name, held in files.items():
        if name.startswith("payloads/") and hashlib.sha256(held).hexdigest() != name.removeprefix("payloads/"):
            yield f"{name} does not hold what its name says"
        if not name.startswith("mappings/") and name != "README.txt" and name not in known:
            yield f"{name} belongs to nothing in the pack"


def _mapping_breaks(files: Mapping[str, bytes], said: str) -> Iterator[str]:
    for name, held in files.items():
        if name.startswith("mappings/"):
            version = name.removeprefix("mappings/").removesuffix(".json")
            if hashlib.sha256(held).hexdigest()[:12] != version.partition("#")[2]:
                yield f"{name} is not the text of its version"
            if version not in said:
                yield f"no entry names {version}"
