"""Each kind has a rule for silence, the document states it, a type may have its own times, and assets keep to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.domain.fleet import LinkTimes
from fleet.intake.errors import FleetFileError
from fleet.intake.fleetfile import read_fleet
from fleet.kinds import ByItself, LostLink, all_kinds, kind_of, lost_link_of
from fleet.sim.drone import LINK_PATIENCE_S

DOCUMENT = Path(__file__).parents[3] / "docs" / "lost-link.md"


def stated() -> dict[str, tuple[str, ...]]:
    """The rows of the document's table, by kind."""
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return {kind: tuple(cell.strip("` ") for cell in cells.split("|")) for kind, cells in rows}


def shown(rule: LostLink) -> tuple[str, ...]:
    """A rule as the document writes it."""
    times = ("never" if s is None else f"{s:g} s" for s in (rule.silent_s, rule.waiting_s, rule.missing_s))
    return (*times, rule.by_itself.value, f"{rule.by_itself_after_s:g} s")


@pytest.mark.parametrize("name", all_kinds())
def test_the_document_states_each_kinds_rule(name: str) -> None:
    """A rule that integrators can't read is none."""
    assert stated()[name] == shown(kind_of(name).lost_link)


def test_the_document_explains_what_each_rule_is() -> None:
    """All that an asset may do by itself, and nothing else."""
    text = DOCUMENT.read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `(\w+)` \| [A-Z][^|]+\.(?: [^|]+)? \|$", text, re.MULTILINE))
    assert explained == {each.value for each in ByItself}


@pytest.mark.parametrize("name", all_kinds())
def test_what_moves_is_missed_before_it_is_missing(name: str) -> None:
    """Whatever can be lost is looked for in the end; what can't is never called missing."""
    rule = kind_of(name).lost_link
    times = (rule.silent_s, rule.waiting_s, rule.missing_s)
    if kind_of(name).archetype == "station":
        assert times == (None, None, None)
    else:
        assert all(s is not None and s > 0 for s in times)
        assert rule.silent_s is not None
        assert rule.waiting_s is not None
        assert rule.silent_s <= rule.waiting_s
    assert rule.by_itself_after_s >= 0


def test_a_type_may_have_times_of_its_own(tmp_path: Path) -> None:
    """What it does not state stays its kind's."""
    file = tmp_path / "fleet.toml"
    file.write_text(
        '[[drone]]\ntype = "far-x4"\n[types.far-x4]\nbased_on = "courier-x4"\n'
        "[types.far-x4.lost_link]\nsilent_s = 25\nmissing_s = 600\n",
        encoding="utf-8",
    )
    far = read_fleet(file).spec.types["far-x4"]
    rule, kind = lost_link_of(far), kind_of("drone").lost_link
    assert (rule.silent_s, rule.missing_s) == (25, 600)
    assert (rule.waiting_s, rule.by_itself) == (kind.waiting_s, kind.by_itself)


@pytest.mark.parametrize("name", ["silent_s", "waiting_s"])
def test_a_type_is_not_lost_between_two_heartbeats(tmp_path: Path, name: str) -> None:
    """A link that were lost after a second would be lost and found again all day long."""
    file = tmp_path / "fleet.toml"
    stands = '[[drone]]\ntype = "far-x4"\n'
    text = f'{stands}[types.far-x4]\nbased_on = "courier-x4"\n[types.far-x4.lost_link]\n{name} = '
    file.write_text(f"{text}1\n", encoding="utf-8")
    with pytest.raises(FleetFileError, match=rf"fleet.toml:6: .*{name}.*: must be at least 3"):
        read_fleet(file)
    file.write_text(f"{text}3\n", encoding="utf-8")
    assert getattr(lost_link_of(read_fleet(file).spec.types["far-x4"]), name) == 3


def test_without_times_a_type_has_its_kinds() -> None:
    """The default fleet states none."""
    for asset_type in read_fleet().spec.types.values():
        assert lost_link_of(asset_type) == kind_of(asset_type.kind).lost_link
    assert kind_of("van").lost_link.with_times(LinkTimes()) == kind_of("van").lost_link


def test_the_simulated_drone_keeps_to_the_rule() -> None:
    """It turns round at the latest when its kind's rule says; the robot stands at once."""
    rule = kind_of("drone").lost_link
    assert rule.by_itself is ByItself.RETURN_HOME
    assert rule.by_itself_after_s >= LINK_PATIENCE_S
