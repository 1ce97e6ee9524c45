"""YAML as operators and integrators write it: strictly read, every value with the place it stands at."""
