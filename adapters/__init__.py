"""Adapters: what speaks for one vehicle, locker or driver to the hub. They know `fleet.protocol` only."""
