"""EDIFACT (ISO 9735): bytes to interchanges, messages and segments and back; usable alone."""
