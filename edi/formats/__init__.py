"""Floor 1: bytes to syntax and back, and validation. Pure; the formats do not know each other."""
