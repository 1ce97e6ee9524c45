"""How bytes travel: the channel suite on every kind, and what is particular to each."""
