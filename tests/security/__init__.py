"""Threats of the register that no other room tries: T01, T03, T11, T13, T14, T16, T18, T31."""
