"""Links between the pages of the documentation lead somewhere; `make docs` says the same."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import cast

from tests.architecture.tree import ROOT

BrokenLinks = Callable[[Path], list[str]]
broken_links = cast(BrokenLinks, runpy.run_path(str(ROOT / ".ci" / "links.py"))["broken_links"])


def test_every_relative_link_leads_somewhere() -> None:
    """A moved page takes its links along."""
    assert broken_links(ROOT) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    """Addresses elsewhere are left alone, and the part after `#` is not looked at."""
    page = "[there](README.md) [part](README.md#set-up) [gone](docs/gone.md) [web](https://a.example)"
    (tmp_path / "README.md").write_text(page, encoding="utf-8")
    assert broken_links(tmp_path) == ["README.md: docs/gone.md"]
