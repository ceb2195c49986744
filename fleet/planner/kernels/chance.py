# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Random numbers of a search: seeded, and the same in the compiled form and the plain one."""

from __future__ import annotations

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from math import floor, log

    lround = round

WORD, SPREAD = 0xFFFFFFFFFFFFFFFF, 0x2545F4914F6CDD1D
"""64 bits; the factor of xorshift64*."""


class Chance:
    """A seeded stream of random numbers (xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift
    generators, scrambled", 2016)."""

    def __init__(self, seed: int) -> None:
        self.state = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
        self.state = self.state or 1
        self.bits()

    if not cython.compiled:  # else in chance.pxd, so that who draws is spared a call

        def bits(self) -> int:
            """64 random bits."""
            x = self.state
            x = x ^ (x >> 12)
            x = (x ^ (x << 25)) & WORD
            x = x ^ (x >> 27)
            self.state = x
            return (x * SPREAD) & WORD

        def below(self, limit: int) -> int:
            """A whole number from 0, below the limit (at most 2 ** 31)."""
            return ((self.bits() >> 33) * limit) >> 31

        def up_to(self, limit: float) -> int:
            """A whole number from 1 to the limit; the last one is rarer where the limit lies between two."""
            return 1 + lround(floor(self.share() * limit))

        def bearable(self, temperature: float) -> float:
            """How much dearer a plan may become at a temperature, in units of cost: drawn by chance."""
            return -temperature * log(1.0 - self.share())

        def share(self) -> float:
            """A number from 0, below 1."""
            return (self.bits() >> 11) * (1.0 / 9007199254740992.0)
