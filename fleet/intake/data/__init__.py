"""Data of this package: the default fleet."""
