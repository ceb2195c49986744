"""Thousands of random legs against an oracle that shares no code (`benchmarks/harness/zoneoracle.py`): none is answered
wrong, and the oracle would see it.
"""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.harness.zonecases import Scene, scenes
from benchmarks.harness.zonehills import SORTS, walks
from benchmarks.harness.zoneoracle import Verdict, judge
from geofences import STATUSES, FlatTerrain, Watch, check_points, check_segments
from geofences.checks.asked import Codes
from tests.support.soak import chosen

CASES = chosen(3_000, long=500_000)
WALKS = chosen(1_800, long=60_000)


def answers(
    scene: Scene, *, margin_m: float | None = None, later_s: float = 0.0, higher_m: float = 0.0
) -> Codes:
    """What the compiled check says, of legs that are moved in one way or another."""
    asked = scene.asked
    if margin_m is not None:
        asked["margin_m"] = margin_m
    return check_segments(
        scene.zone_set,
        scene.ends[:, :2],
        scene.ends[:, 2:],
        scene.heights[:, 0] + higher_m,
        scene.heights[:, 1] + higher_m,
        scene.times[:, 0] + later_s,
        scene.times[:, 1] + later_s,
        scene.terrain,
        **asked,
    )


def test_no_answer_is_wrong() -> None:
    """Nor are so many cases too near to a limit to be judged that the test would say little."""
    still_open, given = 0, np.zeros(3, dtype=int)
    for scene in scenes(4, CASES):
        codes, verdict = answers(scene), judge(scene)
        wrong = np.flatnonzero(verdict.wrong(codes))
        assert not len(wrong), (
            scene.zones,
            scene.ends[wrong[0]],
            scene.heights[wrong[0]],
            scene.times[wrong[0]],
        )
        still_open += int(verdict.open().sum())
        given += np.bincount(codes, minlength=3)
    assert still_open < 0.03 * CASES
    assert (given > 0.05 * CASES).all(), "each answer must occur often"


@pytest.mark.parametrize(
    "bent",
    [
        lambda scene: answers(scene, margin_m=max(0.0, scene.margin_m - 0.2)),
        lambda scene: answers(scene, margin_m=scene.margin_m + 0.2),
        lambda scene: answers(scene, later_s=60.0),
        lambda scene: answers(scene, higher_m=0.5),
        lambda scene: np.minimum(answers(scene), 1),
        lambda scene: np.where(answers(scene) == 1, 2, answers(scene)),
    ],
    ids=["narrower", "wider", "later", "higher", "never blocked", "never unknown"],
)
def test_the_oracle_sees_what_is_slightly_wrong(bent: Callable[[Scene], Codes]) -> None:
    """A hand's breadth beside, a minute, half a metre of height."""
    assert any(judge(scene).wrong(bent(scene)).any() for scene in scenes(8, 4_000))


def test_a_watch_answers_as_arrays_do() -> None:
    """At the beginning of each leg."""
    for scene in scenes(9, 1_000):
        if not isinstance(scene.terrain, FlatTerrain):
            continue
        zones, here, alt, at = scene.zone_set, scene.ends[:, :2], scene.heights[:, 0], scene.times[:, 0]
        codes = check_points(zones, here, alt, at, scene.terrain, **scene.asked)
        watch = Watch(zones, scene.terrain, **scene.asked)
        rows = zip(*here.T.tolist(), alt.tolist(), at.tolist(), strict=True)
        assert [watch.status(lon, lat, up, when) for lon, lat, up, when in rows] == [
            STATUSES[c] for c in codes
        ]


def test_no_way_among_areas_permits_and_hills_is_answered_wrong() -> None:
    """By walking along it."""
    given = np.zeros(3, dtype=int)
    for number, (codes, verdict) in enumerate(walks(4, WALKS)):
        wrong = np.flatnonzero(verdict.wrong(codes))
        assert not len(wrong), (SORTS[number % len(SORTS)].__name__, number, wrong[0], codes[wrong[0]])
        given += np.bincount(codes, minlength=3)
    assert (given > 0).all(), "each answer must occur"


@pytest.fixture(scope="module")
def walked() -> list[tuple[Codes, Verdict]]:
    """Ways of each sort in turn, as they are answered, and what who walks along them has seen."""
    return list(walks(5, 900))


@pytest.mark.parametrize("sort", range(len(SORTS)), ids=[sort.__name__ for sort in SORTS])
@pytest.mark.parametrize("code", [0, 2])
def test_who_walks_sees_what_is_wrong(walked: list[tuple[Codes, Verdict]], sort: int, code: int) -> None:
    """No answer does for all ways of a sort."""
    found = walked[sort :: len(SORTS)]
    wrong = [int(verdict.wrong(np.full_like(codes, code)).sum()) for codes, verdict in found]
    assert sum(wrong) > 0.1 * sum(len(codes) for codes, _ in found)
