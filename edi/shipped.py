"""The one reader of files that come with the package: schemas, starter workspace, page templates.

In an installed package they lie in `edi/starter/`; in a checkout they are the folders beside `edi/`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@lru_cache(maxsize=1)
def starter() -> Traversable:
    """The folder that holds `schemas/`, `mappings/`, ... as shipped.

    A checkout is preferred: an editable install also leaves a frozen copy under `edi/starter`.
    """
    package = files("edi")
    checkout = package.joinpath("..")
    if checkout.joinpath("pyproject.toml").is_file() and checkout.joinpath("routes.yaml").is_file():
        return checkout
    return package.joinpath("starter")


def read_bytes(*path: str) -> bytes:
    """The bytes of a shipped file, e.g. `read_bytes("schemas", "ubl", "2.1", "types.json")`.

    Raises FileNotFoundError where there is none.
    """
    return starter().joinpath(*path).read_bytes()


def exists(*path: str) -> bool:
    """True if there is a shipped file or folder of that name."""
    place = starter().joinpath(*path)
    return place.is_file() or place.is_dir()


def names(*path: str) -> tuple[str, ...]:
    """Names in a shipped folder, sorted; empty where there is none."""
    place = starter().joinpath(*path)
    return tuple(sorted(entry.name for entry in place.iterdir())) if place.is_dir() else ()
