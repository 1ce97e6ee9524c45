"""Floor 5: what happens next, and remembering it."""
