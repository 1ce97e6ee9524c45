"""Floor 2: the canonical business documents, one model per kind."""
