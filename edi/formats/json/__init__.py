"""ERP JSON: bytes to values and back, strictly."""
