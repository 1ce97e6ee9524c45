"""Launcher for people in a checkout; the command line is `edi/cli/`, installed as `edi`."""

from edi.cli import main

main()
