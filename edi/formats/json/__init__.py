"""ERP JSON: strict reading, exact writing. Numbers never become binary floats."""

from edi.formats.json.reader import looks_like, read
from edi.formats.json.writer import write

__all__ = ["looks_like", "read", "write"]
