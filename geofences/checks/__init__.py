"""Places, paths, flights and drives against a set of zones, one at a time or by the thousand."""
