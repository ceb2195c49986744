"""Weather as rows in time: reading, interpolating, and holding it against a vehicle's limits."""
