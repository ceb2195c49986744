"""What zones are: values that say where, when, how high, and what is demanded. The lowest layer."""
