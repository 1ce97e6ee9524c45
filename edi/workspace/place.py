"""Where the operator's folder is; nothing of it is read here, so that looks at the store start at once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edi.errors import ConfigError

ROUTES: Final = "routes.yaml"


def find(start: Path) -> Path:
    """The nearest folder upwards, `start` included, that holds a routes.yaml. Raises ConfigError if there is none."""
    here = start.resolve()
    for folder in (here, *here.parents):
        try:
            if (folder / ROUTES).is_file():
                return folder
        except PermissionError as error:
            raise ConfigError(
                f"{str(folder)!r} cannot be looked into by this user", hint="give the account that runs edi access to the workspace"
            ) from error
    raise ConfigError(f"no {ROUTES} in {str(here)!r} or a folder above it", hint="edi init FOLDER writes a workspace to begin with")
