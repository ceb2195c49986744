"""An engine's programs, which build its data: run, listened to, and told of where they fail."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from fleet.network.errors import NetworkError

Progress = Callable[[str], None]
"""Is told in words how far something is."""


def silently(_told: str) -> None:
    """Tells nobody."""


_SHOWN = 400
"""So many of the last characters that a program said are repeated where it fails."""

_EMPTY = "holds no street that the engine could take: is it the right extract?"
_DAMAGED = "is damaged or cut short: get it once more"
_PLAIN = {
    "There are no edges remaining after parsing": _EMPTY,
    "edge_shapes.bin: No such file": _EMPTY,
    "PBF error": _DAMAGED,
    "XML parsing error": _DAMAGED,
}
"""What programs say at their end where the source is at fault, and what that means."""


def run(program: Path, *words: str | Path, source: Path, said: Progress) -> None:
    """Run a program on a source; each of its lines goes to ``said``, and to nobody else unless it fails."""
    told = ""
    with subprocess.Popen(
        [str(program), *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        assert running.stdout is not None
        try:
            for line in running.stdout:
                text = line.decode("utf-8", "replace")
                told = (told + text)[-_SHOWN:]
                said(text)
        except BaseException:
            running.kill()
            raise
    if running.returncode != 0:
        what = " ".join(told.split())
        for theirs, plainly in _PLAIN.items():
            if theirs in what:
                raise NetworkError(str(source.resolve()), plainly)
        raise NetworkError(
            str(source.resolve()), f"{program.name} ended with exit {running.returncode}: … {what}"
        )


def percents(label: str, progress: Progress) -> Progress:
    """Tells how far the engine's program is by its lines; later steps count anew, and are short."""
    done = 0

    def heard(line: str) -> None:
        nonlocal done
        percent = re.fullmatch(r"\s*(\d+)%\s*", line)
        if percent and int(percent[1]) > done:
            done = int(percent[1])
            progress(f"{label}: {done} %")

    return heard
