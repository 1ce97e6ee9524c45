"""Floor 7: the command line, one file per verb; no decision lives here."""

from __future__ import annotations

import errno
import gc
import sys

HINTS = {
    errno.EACCES: "give the account that runs edi access to it, or use that account",
    errno.EPERM: "give the account that runs edi access to it, or use that account",
    errno.ENOSPC: "make room on the disk; nothing that was not whole was acknowledged",
    errno.EDQUOT: "make room within the account's quota; nothing that was not whole was acknowledged",
    errno.EROFS: "mount the disk for writing",
    errno.EIO: "look at the system's log: the disk may be failing",
    errno.EMFILE: "raise the account's limit of open files (ulimit -n)",
}
"""What to do where the machine says no, by error number."""


def main() -> None:
    """Run the command line; a known stop becomes one message and an exit code, a bug of ours crashes.

    Exit codes: 0 done, 1 could not run, 2 ran and something failed or is held, 3 already running.
    """
    gc.disable()  # until everything of weight is loaded: `app.options` enables it again
    from edi.cli.app import app
    from edi.cli.output import COULD_NOT_RUN, complain
    from edi.errors import EdiError

    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # here, where a full disk can still be answered in words
    except EdiError as error:
        complain(error)
        sys.exit(COULD_NOT_RUN)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.strerror is None:
            raise
        complain(_in_words(error))
        sys.stdout = None  # what it could not write it would try again at the end, and say so
        sys.exit(COULD_NOT_RUN)


def _in_words(error: OSError) -> str:
    """What the machine said no to, and what to do."""
    hint = HINTS.get(error.errno or 0)
    place = f"{error.filename} could not be used" if error.filename else "something could not be read or written"
    return f"{place}: {error.strerror}" + (f"\n  hint: {hint}" if hint else "")
