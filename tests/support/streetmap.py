"""A small made-up town as an extract of OpenStreetMap, and its shortest ways by a search of its own."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from fleet.protocol.values import Place
from tests.support.pbf import pbf_of

WEST, SOUTH = -8.62, 41.15
"""Where a town lies unless told."""
EARTH_M = 6_371_008.8


@dataclass
class Town:
    """Crossings by number, and ways between them with their tags."""

    nodes: dict[int, Place] = field(default_factory=dict)
    ways: list[tuple[tuple[int, ...], dict[str, str]]] = field(default_factory=list)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)
    west: float = WEST
    south: float = SOUTH

    def add(self, number: int, east_m: float, north_m: float) -> None:
        """A crossing so far from the town's corner."""
        lat = self.south + math.degrees(north_m / EARTH_M)
        lon = self.west + math.degrees(east_m / EARTH_M / math.cos(math.radians(self.south)))
        self.nodes[number] = Place(lon=round(lon, 6), lat=round(lat, 6))

    def way(self, *numbers: int, **tags: str) -> None:
        """A way through crossings; `_` in a tag's name stands for a colon."""
        self.ways.append((numbers, {key.replace("_", ":"): value for key, value in tags.items()}))

    def write(self, file: Path) -> Path:
        """The town as a file that routers read: in the PBF format where its name ends so, else in XML."""
        if file.suffix == ".pbf":
            file.write_bytes(pbf_of(self.nodes, self.node_tags, self.ways))
            return file
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="tests">']
        for number, place in self.nodes.items():
            tags = _tags(self.node_tags.get(number, {}))
            lines.append(f'<node id="{number}" version="1" lat="{place.lat}" lon="{place.lon}">{tags}</node>')
        for number, (through, said) in enumerate(self.ways, 1):
            refs = "".join(f'<nd ref="{node}"/>' for node in through)
            lines.append(f'<way id="{number}" version="1">{refs}{_tags(said)}</way>')
        file.write_text("\n".join([*lines, "</osm>"]) + "\n", encoding="utf-8")
        return file

    def legs(self) -> Iterator[tuple[int, int, dict[str, str]]]:
        """Each stretch of a way from crossing to crossing, as it is drawn."""
        for through, tags in self.ways:
            for a, b in pairwise(through):
                yield a, b, tags


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


def apart_m(a: Place, b: Place) -> float:
    """The great-circle distance by the spherical law of cosines in its half-angle form."""
    phi, psi = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((psi - phi) / 2) ** 2
    half += math.cos(phi) * math.cos(psi) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))


def dijkstra(edges: Mapping[int, Mapping[int, float]], start: int) -> dict[int, float]:
    """The least sum of weights from one crossing to each that can be reached."""
    found: dict[int, float] = {}
    queue = [(0.0, start)]
    while queue:
        far, node = heapq.heappop(queue)
        if node in found:
            continue
        found[node] = far
        for other, weight in edges.get(node, {}).items():
            if other not in found:
                heapq.heappush(queue, (far + weight, other))
    return found


def random_town(
    rng: random.Random, size: int = 7, west: float = WEST, south: float = SOUTH, block_m: float = 260.0
) -> Town:
    """A crooked grid of streets, some of them gone, some one-way, each with a speed limit."""
    town = Town(west=west, south=south)
    for row in range(size):
        for column in range(size):
            jitter = rng.uniform(-60, 60), rng.uniform(-60, 60)
            town.add(1 + row * size + column, block_m * column + jitter[0], block_m * row + jitter[1])
    for row in range(size):
        for column in range(size):
            here = 1 + row * size + column
            beside = [here + 1] if column + 1 < size else []
            above = [here + size] if row + 1 < size else []
            for other in beside + above:
                edge = row == 0 or column == 0  # two sides are whole, so that the town hangs together
                if edge or rng.random() < 0.8:
                    oneway = {"oneway": "yes"} if not edge and rng.random() < 0.25 else {}
                    speed = rng.choice(("30", "50", "70"))
                    town.way(here, other, highway="residential", maxspeed=speed, **oneway)
    return town
