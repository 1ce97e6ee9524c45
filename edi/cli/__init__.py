"""Floor 7: the command line, one file per verb; no decision lives here."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; a known stop becomes one message and an exit code, a bug of ours crashes.

    Exit codes: 0 done, 1 could not run, 2 ran and something failed or is held, 3 already running.
    """
    gc.disable()  # until everything of weight is loaded: `app.options` enables it again
    from edi.cli.app import app
    from edi.cli.output import COULD_NOT_RUN, complain
    from edi.errors import EdiError

    try:
        app()
    except EdiError as error:
        complain(error)
        sys.exit(COULD_NOT_RUN)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
