"""UBL: bytes to trees and back, type tables, XSD and rules; usable alone."""

from edi.formats.ubl.reader import looks_like

__all__ = ["looks_like"]
