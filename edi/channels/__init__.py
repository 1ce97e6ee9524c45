"""Floor 6: how bytes travel; one module per kind."""
