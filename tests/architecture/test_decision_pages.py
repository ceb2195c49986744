"""Decisions are numbered in the order in which they were taken, each number once."""

from __future__ import annotations

from tests.architecture.tree import ROOT

PAGES = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_each_number_is_used_once_and_none_is_left_out() -> None:
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


def test_a_page_says_its_number() -> None:
    for page in PAGES:
        title = page.read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith(f"# {int(page.name[:4])}. "), page.name
