"""A disk of a few megabytes that is really full when it is: a tmpfs that only a child process sees.

The child gets a mount namespace of its own (``unshare``, util-linux), as root or, where the system allows it, as
anybody: nothing stays mounted, however the child ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def on_small_disk(
    folder: Path, megabytes: int, code: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run Python code with ``folder`` as its first argument, where that is a disk of so many megabytes."""
    namespace = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    script = 'mount -t tmpfs -o "size=$1" none "$2" && cd "$3" && shift 3 && exec "$@"'
    words = [f"{megabytes}m", str(folder), str(ROOT), sys.executable, "-c", code, str(folder), *arguments]
    return subprocess.run(
        [*namespace, "sh", "-c", script, "sh", *words], capture_output=True, text=True, check=False
    )
