"""UBL: bytes to trees and back, type tables, XSD and rules; usable alone."""
