"""Mirrors `edi/`; `tests/house/` holds the rules no linter knows."""
