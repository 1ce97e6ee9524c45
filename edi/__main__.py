"""`python -m edi` is `edi`."""

from edi.cli import main

main()
