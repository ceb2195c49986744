"""Which release this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version of the distribution; ``source`` where it was never installed."""
    try:
        return version("lastmile-fleet")
    except PackageNotFoundError:
        return "source"
