"""The lazy map does what ``immutables.Map`` does, whatever is done to it, and decodes only what is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from fleet.store.lazymap import LazyMap, Rows

KEYS = st.sampled_from("abcdef")
STEPS = st.lists(
    st.tuples(st.sampled_from(["set", "delete", "update"]), KEYS, st.integers(0, 3)), max_size=12
)


def lazy(first: dict[str, int], decoded: list[bytes] | None = None) -> LazyMap[str, int]:
    """A map whose first values are rows; ``decoded`` hears of each row that is decoded."""

    def decode(row: bytes) -> int:
        if decoded is not None:
            decoded.append(row)
        return int(row)

    rows = [str(value).encode() for value in first.values()]
    text = memoryview(b"".join((b"before", *rows, b"behind")))
    return LazyMap(Rows(text, len(b"before"), list(first), [len(row) for row in rows], decode))


@given(first=st.dictionaries(KEYS, st.integers(0, 3)), steps=STEPS)
def test_it_does_what_a_map_does(first: dict[str, int], steps: list[tuple[str, str, int]]) -> None:
    """After every step both say the same, and the map before the step is as it was."""
    plain: Map[str, int] = Map(first)
    ours = lazy(first)
    for what, key, value in steps:
        before, entries = ours, dict(ours)
        if what == "set":
            plain, ours = plain.set(key, value), ours.set(key, value)
        elif what == "update":
            more = {key: value, "a": value}
            plain, ours = plain.update(more), ours.update(more)
        elif key in plain:
            plain, ours = plain.delete(key), ours.delete(key)
        else:
            with pytest.raises(KeyError):
                ours.delete(key)
        assert dict(before) == entries
        assert dict(ours) == dict(plain)
        assert len(ours) == len(plain) == len(list(ours))
        assert [each in ours for each in "abcdefg"] == [each in plain for each in "abcdefg"]
        assert ours == plain
        assert plain == ours
        assert ours.get("g") is None


@given(first=st.dictionaries(KEYS, st.integers(0, 3), min_size=1), data=st.data())
def test_it_differs_where_one_value_does(first: dict[str, int], data: st.DataObject) -> None:
    """Equality is no habit."""
    key = data.draw(st.sampled_from(sorted(first)))
    other = Map(first).set(key, first[key] + 1)
    assert lazy(first) != other
    assert other != lazy(first)
    assert lazy(first) != Map(first).delete(key)


def test_a_row_is_decoded_once_and_only_when_it_is_asked_for() -> None:
    """Tests for a key, and its replacement, need no value; a value is the same object each time."""
    decoded: list[bytes] = []
    ours = lazy({"a": 1000, "b": 2000, "c": 3000}, decoded)
    changed = ours.set("b", 5).delete("c").set("d", 6)
    assert "a" in changed
    assert len(changed) == 3
    assert list(changed.untouched()) == ["a"]
    assert changed.encoded("a") == b"1000"
    assert changed.encoded("b") is None
    assert decoded == []
    assert changed["a"] is changed["a"] is ours["a"]
    assert decoded == [b"1000"]
    with pytest.raises(KeyError):
        changed["c"]
