"""Secrets stand nowhere in clear text (Y10), and their files are not for everybody (Y11); paths stay where they belong (Y17)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from edi.formats.yaml.reader import Node
from edi.workspace.files import SECRET_KEY, Files
from edi.workspace.secrets import SecretReference, trouble_with_file

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_URL_WITH_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@")
_HINT = "put it into the environment or a file and write ${env:NAME} or ${file:PATH}"

PATH_KEYS = frozenset({"folder", "path", "file", "move", "certificate", "key_file", "failed", "temporary"})
"""Keys whose value is a path, here or on the partner's server."""


def check_secrets(files: Files) -> None:
    """Looks at every scalar of every file, whatever its kind's model says."""
    for file in files.read.values():
        status = file.node.get("status")
        rests = status is not None and status.text == "suspended"
        for key, value in scalars(file.node):
            _check_scalar(files, file.path, key, value, rests=rests)


def scalars(node: Node, key: str = "") -> Iterator[tuple[str, Node]]:
    """Every scalar with the key it stands under; items of a list stand under the list's key."""
    if node.kind == "scalar":
        yield key, node
    for item in node.items:
        yield from scalars(item, key)
    for name, value in node.entries:
        yield from scalars(value, name.text)


def environment_of(files: Files) -> dict[str, str]:
    """The environment variables that files ask for, with the first place; those of what is suspended are left out."""
    found: dict[str, str] = {}
    for file in files.read.values():
        status = file.node.get("status")
        if status is None or status.text != "suspended":
            for _, value in scalars(file.node):
                reference = _reference(value.text)
                if reference is not None and reference.kind == "env":
                    found.setdefault(reference.name, f"{file.path}:{value.line}")
    return found


def _check_scalar(files: Files, path: str, key: str, node: Node, *, rests: bool) -> None:
    """`rests`: what the file is about is suspended, so its secrets may still be missing."""
    reference = _reference(node.text)
    if reference is not None:
        _check_reference(files, path, node, reference, rests=rests)
    elif _is_secret(key, node.text):
        files.complain(path, node, "a secret stands here in clear text", hint=_HINT, code="config.secret")
    elif key in PATH_KEYS and ".." in PurePosixPath(node.text).parts:
        files.complain(
            path,
            node,
            f"the path {node.text!r} leads upwards",
            hint="write it from the workspace's folder down, or whole from /",
            code="config.path",
        )


def _reference(text: str) -> SecretReference | None:
    try:
        return SecretReference.read(text)
    except ValueError:
        return None


def _is_secret(key: str, text: str) -> bool:
    return bool(SECRET_KEY.search(key) or _PRIVATE_KEY.search(text) or _URL_WITH_PASSWORD.search(text))


def _check_reference(files: Files, path: str, node: Node, reference: SecretReference, *, rests: bool) -> None:
    if reference.kind == "env":
        # Set where the daemon starts, which need not be where `edi check` runs.
        return
    if ".." in PurePosixPath(reference.name).parts:
        files.complain(path, node, f"the path {reference.name!r} leads upwards", hint="write it whole from /", code="config.path")
        return
    if rests and not (files.folder / reference.name).exists():
        return
    trouble = trouble_with_file(reference, files.folder)
    if trouble is not None:
        files.complain(path, node, trouble[0], hint=trouble[1], code="config.secret_file")
