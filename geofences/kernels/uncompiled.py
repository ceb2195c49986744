"""The few names of Cython that its modules use, for where they run as plain Python and Cython is not installed."""

from contextlib import nullcontext

compiled = False
nogil = nullcontext()
