"""Where to land from each part of a path."""
