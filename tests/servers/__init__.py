"""Real servers on loopback: found on this machine, or unpacked from its packages, started and stopped by the tests."""
