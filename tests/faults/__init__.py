"""Which named faults, bad inputs and threats are tried by which tests on which database, and whether we survived."""
