"""The ``fleet`` command: one file for each noun. Data goes to stdout, progress and warnings to stderr."""
