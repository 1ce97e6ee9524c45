"""Floor 7: the HTTP side; no decision lives here."""
