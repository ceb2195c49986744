"""Frozen state and events of a fleet's day, and ``apply(state, event) -> state``."""
