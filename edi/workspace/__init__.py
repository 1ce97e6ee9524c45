"""Floor 4: the operator's files, read strictly and reported whole."""
