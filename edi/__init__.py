"""A document-exchange engine: EDIFACT, UBL and ERP JSON over SFTP, AS2, e-mail, directories and HTTP."""

import time

__version__ = "0.1.0"

STARTED_NS = time.time_ns()
"""When this process began to load the program: what of it changed later is not what runs here."""
