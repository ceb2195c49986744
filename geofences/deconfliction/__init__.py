"""Flights of one operator kept apart from each other."""
