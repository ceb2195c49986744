"""Ways around zones: shortest, flyable with a turn radius, at the best height."""
