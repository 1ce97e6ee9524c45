"""The operators' page: the store at a glance in a browser, read only."""
