"""Checks that each relative link in the project's Markdown files leads to a file that is there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
FOLDERS = ("docs", "fleet", "adapters", "geofences", "tests", "benchmarks")


def pages(root: Path) -> Iterator[Path]:
    """The Markdown files at the top and in the project's folders."""
    yield from sorted(root.glob("*.md"))
    for folder in FOLDERS:
        yield from sorted((root / folder).rglob("*.md"))


def broken_links(root: Path) -> list[str]:
    """One line `page: link` for each relative link that leads nowhere."""
    return [
        f"{page.relative_to(root)}: {link}"
        for page in pages(root)
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", link) and not (page.parent / link).exists()
    ]


def main() -> int:
    """Print the broken links; 1 where there are any."""
    broken = broken_links(ROOT)
    for line in broken:
        print(f"link leads nowhere: {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
