"""Terrain from grids, against an oracle in plain Python: the height at a point, interpolated between the four posts
around it, of a grid that is cut into tiles only for the provider.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geofences import (
    Datum,
    Interval,
    Limit,
    PolygonShape,
    Restriction,
    Status,
    Terrain,
    Volume,
    Waypoint,
    Zone,
    ZoneSet,
    check_path,
)
from geofences.model.altitude import ANYTHING, Bounds, Box, Floats
from geofences.terrain.extremes import Extremes, Rectangles
from geofences.terrain.mosaic import Mosaic
from geofences.terrain.raster import SLACK, Lattice, Raster

VOID = -32768
EARTH = Geod(ellps="WGS84")


@dataclass
class World:
    """A grid: heights[row][column] from the north-west, in plain numbers."""

    west: float
    north: float
    step: float
    heights: list[list[int]]
    cells: bool

    @property
    def rows(self) -> int:
        return len(self.heights)

    @property
    def cols(self) -> int:
        return len(self.heights[0])

    def at(self, x: float, y: float) -> float | None:
        """The height `x` steps east and `y` steps south of the first post; None where a post around it is void."""
        x, y = min(max(x, 0.0), self.cols - 1.0), min(max(y, 0.0), self.rows - 1.0)
        col, row = min(int(x), self.cols - 2), min(int(y), self.rows - 2)
        part_x, part_y = x - col, y - row
        value = 0.0
        for dy, weight_y in ((0, 1 - part_y), (1, part_y)):
            for dx, weight_x in ((0, 1 - part_x), (1, part_x)):
                post = self.heights[row + dy][col + dx]
                if weight_x * weight_y < 1e-9:  # no degree is written so finely
                    continue
                if post == VOID:
                    return None
                value += weight_x * weight_y * post
        return value


@st.composite
def worlds(draw: st.DrawFn) -> World:
    rows, cols = draw(st.integers(4, 24)), draw(st.integers(4, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    heights = rng.integers(-20, 200, (rows, cols))
    if draw(st.booleans()):
        heights[rng.random((rows, cols)) < 0.05] = VOID
    step = draw(st.sampled_from([1 / 1200, 0.01, 0.25]))
    west = draw(st.sampled_from([-8.7, 179.99, -180.0, 0.0, 359.0]))
    north = draw(st.sampled_from([90.0, 41.2, 0.0, -80.0]))
    return World(west, north, step, heights.tolist(), cells=draw(st.booleans()))


def tiles(world: World, cuts_x: list[int], cuts_y: list[int]) -> Mosaic:
    """The world in tiles; where values stand at posts, neighbours share those of the seam."""
    shared = 0 if world.cells else 1
    made = []
    for top, bottom in pairwise([0, *cuts_y, world.rows]):
        for left, right in pairwise([0, *cuts_x, world.cols]):
            values = np.array(world.heights, ">i2")[top : bottom + shared, left : right + shared]
            west, north = world.west + left * world.step, world.north - top * world.step
            lattice = Lattice(
                west,
                north,
                world.step,
                world.step,
                values.shape[0],
                values.shape[1],
                0.5 if world.cells else 0.0,
            )
            made.append(Raster(lattice, Extremes(values), void=VOID))
    return Mosaic(made)


@st.composite
def cases(draw: st.DrawFn) -> tuple[World, Mosaic, list[tuple[float, float, float, float]]]:
    """A world, the same in tiles, and boxes in steps from its first post: left, top, right, bottom."""
    world = draw(worlds())
    cuts = [
        sorted(draw(st.sets(st.integers(2, size - 2), max_size=2))) if size > 4 else []
        for size in (world.cols, world.rows)
    ]
    cuts = [[one for i, one in enumerate(each) if not i or one - each[i - 1] >= 2] for each in cuts]
    whole = st.integers(-2, 26).map(float)
    parts = st.sampled_from([0.0, 0.25, 0.5, 0.75])
    place = st.one_of(st.floats(-2.0, 26.0), st.builds(lambda post, part: post + part, whole, parts))
    boxes = []
    for _ in range(draw(st.integers(1, 5))):
        xs, ys = sorted((draw(place), draw(place))), sorted((draw(place), draw(place)))
        if draw(st.booleans()):
            xs[1], ys[1] = xs[0] + min(0.2, xs[1] - xs[0]), ys[0]
        boxes.append((xs[0], ys[0], xs[1], ys[1]))
    return world, tiles(world, *cuts), boxes


def as_box(world: World, box: tuple[float, float, float, float]) -> Box:
    left, top, right, bottom = box
    return Box(
        world.west + left * world.step,
        world.north - bottom * world.step,
        world.west + right * world.step,
        world.north - top * world.step,
    )


@given(cases(), st.sampled_from([-360.0, 0.0, 360.0]), st.integers(0, 2**32 - 1))
def test_the_ground_lies_within_what_is_answered(
    case: tuple[World, Mosaic, list[tuple[float, float, float, float]]], turn: float, seed: int
) -> None:
    """Wherever in the box; and a box that reaches beyond the grid or needs a void post is not known."""
    world, mosaic, boxes = case
    rng = np.random.default_rng(seed)
    reach = 0.5 if world.cells else 0.0
    for box in boxes:
        west, south, east, north = as_box(world, box)
        low, high = mosaic.within(Box(west + turn, south, east + turn, north))
        inside = (
            box[0] >= -reach
            and box[1] >= -reach
            and box[2] <= world.cols - 1 + reach
            and box[3] <= world.rows - 1 + reach
        )
        if not inside:
            beyond = max(-box[0], -box[1], box[2] - world.cols + 1, box[3] - world.rows + 1) - reach
            assert (low, high) == ANYTHING or beyond < 0.011
            continue
        shares = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), *rng.random((40, 2)).tolist()]
        for across, down in shares:
            truth = world.at(box[0] + across * (box[2] - box[0]), box[1] + down * (box[3] - box[1]))
            if truth is None:
                assert (low, high) == ANYTHING
            else:
                assert low - 1e-6 <= truth <= high + 1e-6


@given(cases(), st.sampled_from([-360.0, 0.0, 360.0]), st.integers(0, 2**32 - 1))
def test_interpolation_is_bounded_tightly(
    case: tuple[World, Mosaic, list[tuple[float, float, float, float]]], turn: float, seed: int
) -> None:
    """Every interpolated height of the box lies within; at a single place that height is the answer."""
    world, mosaic, boxes = case
    rng = np.random.default_rng(seed)
    for left, top, right, bottom in boxes:
        if left < 0 or top < 0 or right > world.cols - 1 or bottom > world.rows - 1:
            continue
        west, south, east, north = as_box(world, (left, top, right, bottom))
        whole = mosaic.within(Box(west + turn, south, east + turn, north))
        low, high = mosaic.interpolated(Box(west + turn, south, east + turn, north))
        assert whole.low - 1e-6 <= low <= high <= whole.high + 1e-6
        for across, down in [(0.0, 0.0), (1.0, 1.0), *rng.random((30, 2)).tolist()]:
            x, y = left + across * (right - left), top + down * (bottom - top)
            truth = world.at(x, y)
            if truth is None:
                assert (low, high) == ANYTHING
                continue
            assert low - 1e-6 <= truth <= high + 1e-6
            lon, lat = world.west + x * world.step + turn, world.north - y * world.step
            here = mosaic.interpolated(Box(lon, lat, lon, lat))
            if not world.cells and here != ANYTHING:
                assert here.low - 1e-6 <= truth <= here.high + 1e-6
                # A hair beside a seam the neighbour's edge counts too.
                near_post = any(abs(each - round(each)) < 2 * SLACK for each in (x, y))
                assert near_post or here.high - here.low < 1e-6


@given(cases())
def test_no_more_is_left_open_than_the_cells_touched(
    case: tuple[World, Mosaic, list[tuple[float, float, float, float]]],
) -> None:
    """Inside the grid the answer is between the extremes of the posts up to one step around the box."""
    world, mosaic, boxes = case
    for left, top, right, bottom in boxes:
        if left < 0 or top < 0 or right > world.cols - 1 or bottom > world.rows - 1:
            continue
        near = [
            world.heights[row][col]
            for row in range(world.rows)
            for col in range(world.cols)
            if top - 1.001 <= row <= bottom + 1.001 and left - 1.001 <= col <= right + 1.001
        ]
        low, high = mosaic.within(as_box(world, (left, top, right, bottom)))
        if VOID not in near:
            assert min(near) - 1e-6 <= low <= high <= max(near) + 1e-6


@given(cases(), st.sampled_from([-360.0, 0.0, 360.0]))
def test_many_boxes_are_answered_like_one(
    case: tuple[World, Mosaic, list[tuple[float, float, float, float]]], turn: float
) -> None:
    """Bit for bit."""
    world, mosaic, boxes = case
    asked = [as_box(world, box) for box in boxes]
    asked = [one._replace(west=one.west + turn, east=one.east + turn) for one in asked]
    many = mosaic.within_many(np.array(asked))
    assert list(zip(many.low.tolist(), many.high.tolist(), strict=True)) == [
        mosaic.within(one) for one in asked
    ]


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 40),
    st.integers(1, 90),
    st.floats(-720.0, 720.0),
    st.floats(0.0, 400.0),
)
def test_a_grid_that_goes_around_has_no_end(
    seed: int, rows: int, cols: int, west: float, width: float
) -> None:
    """The first column follows the last, whatever turn of the globe a box is on."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-100, 80, (rows + 1, cols))
    lattice = Lattice(float(rng.choice([0.0, -180.0])), 10.0, 360.0 / cols, 1.0, rows + 1, cols)
    mosaic = Mosaic([Raster(lattice, Extremes(values))])
    top = float(rng.uniform(0, rows))
    box = Box(west, 10.0 - top, west + width, 10.0 - top)
    low, high = mosaic.within(box)
    for lon in [west, west + width, *rng.uniform(west, west + width, 30).tolist()]:
        x = (lon - lattice.west) / lattice.step_lon
        for col in (math.floor(x), math.ceil(x)):
            for row in (math.floor(top), math.ceil(top)):
                near_post = abs(x - col) > 1 - 1e-9
                assert near_post or low <= values[row][col % cols] <= high
    many = mosaic.within_many(np.array([box, box]))
    assert (many.low[1], many.high[1]) == (low, high)


@given(st.integers(0, 2**32 - 1))
def test_extremes_are_exact(seed: int) -> None:
    """Of any rectangle, small and large, by the grids above as by looking at every value."""
    rng = np.random.default_rng(seed)
    rows, cols = (int(each) for each in rng.integers(1, 300, 2))
    values = rng.integers(-1000, 9000, (rows, cols)).astype(str(rng.choice([">i2", "<i4", ">f4"])))
    extremes = Extremes(values)
    plain = values.tolist()
    a = np.sort(rng.integers(0, rows, (2, 8)), axis=0)
    b = np.sort(rng.integers(0, cols, (2, 8)), axis=0)
    low, high = extremes.within_many(Rectangles(a[0], a[1], b[0], b[1]))
    for number, (top, bottom, left, right) in enumerate(zip(*a.tolist(), *b.tolist(), strict=True)):
        seen = [value for row in plain[top : bottom + 1] for value in row[left : right + 1]]
        assert extremes.within(top, bottom, left, right) == (min(seen), max(seen))
        assert (low[number], high[number]) == (min(seen), max(seen))
    assert extremes.all == (min(map(min, plain)), max(map(max, plain)))


class Hills(Terrain):
    """The world's ground, asked about in short parts."""

    def __init__(self, mosaic: Mosaic) -> None:
        self.mosaic = mosaic

    def ground_within(self, box: Box) -> Interval:
        return self.mosaic.within(box)

    def ground_within_many(self, boxes: Floats) -> Bounds:
        return self.mosaic.within_many(boxes)

    @property
    def step_m(self) -> float:
        return 150.0


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.floats(2.0, 20.0)] * 4),
    st.tuples(*[st.floats(-50.0, 400.0)] * 2),
    st.sampled_from([(None, 60.0), (40.0, None), (20.0, 120.0)]),
    st.booleans(),
)
def test_a_path_over_hills_is_never_clear_where_it_is_within_limits_above_ground(
    seed: int,
    ends: tuple[float, float, float, float],
    heights: tuple[float, float],
    limits: tuple[float | None, float | None],
    has_voids: bool,
) -> None:
    """A zone over all of a grid of 3 arc seconds: an oracle walks the geodesic and looks at the ground below."""
    rng = np.random.default_rng(seed)
    rows = np.cumsum(rng.normal(0.0, 12.0, (24, 24)), axis=1).round().astype(int) + 60
    rows[rng.random((24, 24)) < 0.02 * has_voids] = VOID
    world = World(-8.7, 41.2, 1 / 1200, rows.tolist(), cells=False)
    here = tiles(world, [11], [7])
    lons = [world.west + each * world.step for each in ends[:2]]
    lats = [world.north - each * world.step for each in ends[2:]]
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    path = [Waypoint(lons[at], lats[at], heights[at], noon + timedelta(minutes=at)) for at in (0, 1)]
    around = PolygonShape(((-9.0, 41.0), (-8.5, 41.0), (-8.5, 41.4), (-9.0, 41.4), (-9.0, 41.0)))
    lower, upper = (None if one is None else Limit(one, Datum.AGL) for one in limits)
    zones = ZoneSet([Zone("Z", Restriction.PROHIBITED, (Volume(around, lower, upper),))])
    result = check_path(zones, path, Hills(here))
    bearing, _, length = EARTH.inv(lons[0], lats[0], lons[1], lats[1])
    spare = []
    for share in (number / 60 for number in range(61)):
        lon, lat, _ = EARTH.fwd(lons[0], lats[0], bearing, length * share)
        ground = world.at((lon - world.west) / world.step, (world.north - lat) / world.step)
        alt = heights[0] + share * (heights[1] - heights[0])
        if ground is None:
            assert not result.is_clear
            continue
        beyond = [math.inf if upper is None else limits[1] - alt + ground]  # type: ignore[operator]
        beyond.append(math.inf if lower is None else alt - ground - limits[0])  # type: ignore[operator]
        spare.append(min(beyond))
    if spare and max(spare) > 0.01:
        assert not result.is_clear
    if result.status is Status.BLOCKED:
        stretches = [one for one in result.conflicts if one.status is Status.BLOCKED]
        for one in stretches:
            share = ((one.entered_at - noon) + (one.left_at - noon)) / timedelta(minutes=2)
            lon, lat, _ = EARTH.fwd(lons[0], lats[0], bearing, share * length)
            ground = world.at((lon - world.west) / world.step, (world.north - lat) / world.step)
            alt = heights[0] + share * (heights[1] - heights[0])
            assert ground is not None
            assert upper is None or alt <= ground + (limits[1] or 0.0) + 0.01
            assert lower is None or alt >= ground + (limits[0] or 0.0) - 0.01
