"""Floor 7: the command line, one file per verb; no decision lives here."""


def main() -> None:
    """Run the command line."""
