"""Texts of zone files that would steer a terminal, feign a line or can't be written: in every text of every format, and
in every name of a member. No command fails on them, and none hands them on.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geofences import ZoneError, read_zones
from tests.unit.cli.test_zone_landings import DEPOTS
from tests.unit.cli.test_zones import run
from tests.unit.geofences.make import square, zone
from tests.unit.geofences.test_readers import POLYGON, ed269, ed318, feature

AT = "2026-11-24T10:00:00Z"
WAY = "6.1,49.65,60 6.2,49.65,60"
STEERING = "x\x1b[31mred\x1b]0;title\x07\n\rFORGED\n\x9b2J\u202e\u2066\u2028FORGED\u2028\x7f\x08"
NO_CHARACTER = ("half\ud800", "zero\0")
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")

TEXTS = {"name": "n", "message": "m"}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "ed269": {"features": [ed269(**TEXTS, restrictionConditions="c", otherReasonInfo="o")]},
    "ed269, flattened": {
        "type": "FeatureCollection",
        "features": [
            feature(**{key: value for key, value in ed269(**TEXTS).items() if key != "geometry"})
            | {
                "properties": {
                    **ed269(**TEXTS),
                    "geometry": {"upperLimit": 9, "upperVerticalReference": "AGL"},
                }
            }
        ],
    },
    "ed318": {
        "type": "FeatureCollection",
        "features": [ed318(name=[{"text": "n", "lang": "en"}], message=[{"text": "m", "lang": "en"}])],
        "metadata": {"issued": "2026-01-01T00:00Z"},
    },
    "faa_grid": {
        "type": "FeatureCollection",
        "features": [feature(CEILING=200, OBJECTID="1", APT1_ICAO="KDCA", APT1_NAME="Washington")],
    },
    "geojson": {
        "type": "FeatureCollection",
        "features": [
            feature(
                id="a",
                **TEXTS,
                country="LUX",
                reasons=["NOISE"],
                conditions="c",
                restriction="CONDITIONAL",
                upper_m=50,
                upper_datum="AGL",
                schedule=[{"day": ["MON"], "startTime": "06:00Z", "endTime": "07:00Z"}],
            ),
            {**feature(), "id": "b"},
            feature(id="p", restriction="PERMIT_AREA", surface="any", title="t"),
        ],
    },
}


def texts(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every text of a document."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if isinstance(child, str):
            yield (*at, key)
        yield from texts(child, (*at, key))


def holder(document: Any, way: tuple[Any, ...]) -> Any:
    """What holds the value at the end of a way."""
    for key in way[:-1]:
        document = document[key]
    return document


def spoilt(document: dict[str, Any], text: str) -> Iterator[dict[str, Any]]:
    """The document with the text in place of each of its own, after each of them, and in the name of each member."""

    def replaced(there: Any, key: Any) -> None:
        there[key] = text

    def ended(there: Any, key: Any) -> None:
        there[key] += text

    def renamed(there: Any, key: Any) -> None:
        if isinstance(there, dict):
            there[key + text] = there.pop(key)

    for way in texts(document):
        for change in (replaced, ended, renamed) if text == STEERING else (ended,):
            made = copy.deepcopy(document)
            change(holder(made, way), way[-1])
            yield made


def commands(file: Path, sound: Path) -> Iterator[tuple[object, ...]]:
    """What is done with zone files."""
    yield "list", "--zones", file
    yield "show", file
    yield "check", "--zones", file, "--path", WAY, "--at", AT
    yield "check", "--zones", file, "--path", WAY, "--at", AT, "--drive", "sidewalk", "--weight-kg", "9"
    yield "diff", file, sound
    yield "convert", file, "--to", "geojson", "--out", file.with_name("out.geojson")
    yield "landings", "--zones", file, "--depots", file.with_name("depots.csv"), "--path", WAY, "--at", AT
    yield "draw", file, "--out", file.with_name("out.svg"), "--path", WAY, "--at", AT


MODES = ((), ("--tolerant",), ("--tolerant", "--json"))


def harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int, raw: bytes) -> None:
    """A command ends as it should, and what it says holds nothing that a terminal obeys and no feigned line.

    Which command, and whether it reads strictly, tolerantly or says it as JSON, goes by the number.
    """
    file, sound = tmp_path / "zones.json", tmp_path / "sound.json"
    file.write_bytes(raw)
    file.with_name("depots.csv").write_text(DEPOTS, encoding="utf-8")
    sound.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature(POLYGON)]}), encoding="utf-8"
    )
    every = list(commands(file, sound))
    for command, more in ((every[0], MODES[1]), (every[number % len(every)], MODES[number % len(MODES)])):
        code = run(*command, *more)
        out, err = capsys.readouterr()
        assert code in (0, 1, 2, 3), (command, err)
        for said in (out, err):
            assert not OBEYED.search(said), (command, said)
            assert not re.search(r"^ *FORGED", said, re.MULTILINE), (command, said)
        if "--json" in more:
            json.loads(out)


@pytest.mark.parametrize("text", [STEERING, *NO_CHARACTER], ids=["steering", "half", "zero"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_text_of_a_zone_file_steers_the_terminal_or_fails_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    for number, document in enumerate(spoilt(DOCUMENTS[name], text)):
        harmless(tmp_path, capsys, number, json.dumps(document).encode())


RECORDS = ["AC R", "AY TMZ", "AN Somewhere", "AI 12", "AF 121.5", "AG Tower", "AX 1234", "AL GND", "AH FL100"]
DRAWN = ["AA NONE", "V X=49:39:00 N 6:09:00 E", "DC 1"]


@pytest.mark.parametrize(
    "bad", [b"\x1b[31m\x07", b"\xc2\x9b2J\xe2\x80\xae\xe2\x80\xa8FORGED", b"\x9b2J\xff", b"\0"]
)
def test_no_record_of_openair_does(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: bytes) -> None:
    rows = [one.encode() for one in RECORDS + DRAWN]
    for at in range(len(rows)):
        harmless(tmp_path, capsys, at, b"\n".join([*rows[:at], rows[at] + bad, *rows[at + 1 :]]))


@pytest.mark.parametrize("name", ["zone_id", "name", "country", "conditions", "message", "reasons"])
@pytest.mark.parametrize("text", NO_CHARACTER)
def test_a_zone_holds_nothing_that_is_no_character(name: str, text: str) -> None:
    """It could be neither versioned nor written."""
    with pytest.raises(ZoneError, match=f"Zone.{name}: .* holds what is no character"):
        replace(zone(square(0, 0, 100)), **{name: (text,) if name == "reasons" else text})  # type: ignore[arg-type]


def test_characters_that_steer_a_terminal_are_remarked() -> None:
    """They are kept: an id is verbatim, and a message may have several lines."""
    made = {
        "type": "FeatureCollection",
        "features": [feature(id="a\x1b[2J", name="b\nc", message="d\r\n\te")],
    }
    (read,) = read_zones(json.dumps(made).encode(), "zones.json").zones
    assert (read.zone_id, read.name, read.message) == ("a\x1b[2J", "b\nc", "d\r\n\te")
    assert [flag for flag in read.flags if "control" in flag] == [
        "zone_id: holds control characters",
        "name: holds control characters",
    ]
