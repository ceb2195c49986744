"""A deterministic simulation of hub and assets over a network that loses, delays and cuts: see ``run.py``."""
