"""Floor 3: spokes, one syntax <-> the canonical document, both directions from one file."""
