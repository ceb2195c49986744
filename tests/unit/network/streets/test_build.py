"""A folder of streets: built once, whole or not at all, and what is said where it can't be."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.network.build import build, suffix_of
from fleet.network.errors import NetworkError
from fleet.network.manifest import ATTRIBUTION, ProfileName, read_manifest
from fleet.network.streets import open_streets
from tests.support.streetmap import Town
from tests.unit.network.streets.conftest import town


def silent(_said: str) -> None:
    """Nobody listens."""


def built(source: Path, out: Path) -> list[str]:
    """What a build of van streets says."""
    said: list[str] = []
    build(source, out, ["car"], progress=said.append)
    return said


def test_it_is_built_once_and_again_when_the_extract_changes(tmp_path: Path) -> None:
    source = town().write(tmp_path / "t.osm")
    first = built(source, tmp_path / "out")
    assert any("car (vans): 100 %" in line for line in first)
    version = read_manifest(tmp_path / "out").version
    assert built(source, tmp_path / "out") == [f"reading {source}", f"{tmp_path / 'out'} is up to date"]
    more = town()
    more.way(1, 20, highway="residential")
    built(more.write(source), tmp_path / "out")
    fresh = read_manifest(tmp_path / "out")
    assert fresh.version != version
    kept = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert kept == sorted([".lock", "manifest.json", fresh.data]), "nothing of the old version is left"


def test_the_manifest_says_whose_data_it_is(folder: Path) -> None:
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert said["attribution"] == ATTRIBUTION == "© OpenStreetMap contributors"
    assert said["source"] == "town.osm"
    assert said["engine"].startswith("osrm-bindings ")
    assert sorted(said["profiles"]) == ["car", "foot", "robot"]
    box = said["profiles"]["car"]["box"]
    assert box["west"] < box["east"]
    assert box["south"] < box["north"]


def test_other_profiles_are_another_version(extract: Path, folder: Path, tmp_path: Path) -> None:
    build(extract, tmp_path / "out", ["car"], progress=silent)
    alone, whole = read_manifest(tmp_path / "out"), read_manifest(folder)
    assert alone.version != whole.version
    assert alone.profiles["car"] == whole.profiles["car"]
    network = open_streets(tmp_path / "out")
    assert network.lacks(["drive", "roll"]) == ("robot",)
    with pytest.raises(NetworkError, match="built without the profile 'foot'"):
        network.leg(town().nodes[1], town().nodes[2], "walk")


def test_one_more_profile_does_not_build_the_others_anew(extract: Path, tmp_path: Path) -> None:
    built(extract, tmp_path / "out")
    first = open_streets(tmp_path / "out")
    leg = first.leg(town().nodes[1], town().nodes[5], "drive")
    said: list[str] = []
    build(extract, tmp_path / "out", ["car", "foot"], progress=said.append)
    assert not any("vans" in line for line in said)
    assert any("people on foot" in line for line in said)
    second = open_streets(tmp_path / "out")
    assert second != first
    assert second.leg(town().nodes[1], town().nodes[5], "drive") == leg
    assert second.leg(town().nodes[1], town().nodes[10], "walk") is not None


def test_a_build_that_is_killed_leaves_the_streets_as_they_were(extract: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(extract, out)
    before = (out / "manifest.json").read_bytes()
    other = town()
    other.way(1, 20, highway="residential")
    source = other.write(tmp_path / "other.osm")
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom fleet.network.build import build\n"
        "def progress(said):\n    print(said, flush=True)\n    time.sleep(60 * ('fast' in said))\n"
        "build(Path(sys.argv[1]), Path(sys.argv[2]), ['car'], progress=progress)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(source), str(out)], stdout=subprocess.PIPE, text=True
    ) as builder:
        assert builder.stdout is not None
        assert any("preparing" in line for line in builder.stdout)
        builder.send_signal(signal.SIGKILL)
    assert (out / "manifest.json").read_bytes() == before
    assert open_streets(out).leg(town().nodes[1], town().nodes[2], "drive") is not None
    assert list(out.glob(".part-*")), "the killed build was in the middle of it"
    built(extract, out)
    assert not list(out.glob(".part-*"))


def test_two_builds_do_not_meet(extract: Path, tmp_path: Path) -> None:
    def inner(said: str) -> None:
        if "vans" in said and not met:
            met.append(said)
            with pytest.raises(NetworkError, match="being built by another process"):
                build(extract, tmp_path / "out", ["car"], progress=silent)

    met: list[str] = []
    build(extract, tmp_path / "out", ["car"], progress=inner)
    assert met


def test_a_folder_of_others_is_left_alone(extract: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(NetworkError, match="holds other files"):
        build(extract, tmp_path, ["car"], progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
@pytest.mark.parametrize("profile", ["car", "robot"])
def test_an_extract_without_streets_is_refused(tmp_path: Path, suffix: str, profile: ProfileName) -> None:
    empty = Town()
    empty.add(1, 0, 0)
    empty.add(2, 100, 0)
    empty.way(1, 2, building="yes")
    source = empty.write(tmp_path / f"t{suffix}")
    with pytest.raises(NetworkError, match="holds no street that the engine could take") as refused:
        build(source, tmp_path / "out", [profile], progress=silent)
    assert refused.value.file == str(source)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".lock"]
    with pytest.raises(NetworkError, match="is no folder of streets: build one"):
        open_streets(tmp_path / "out")


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
@pytest.mark.parametrize("profile", ["car", "robot"])
def test_a_truncated_extract_is_refused(tmp_path: Path, suffix: str, profile: ProfileName) -> None:
    """By its own name, not by that of the copy or the link that the engines read."""
    source = town().write(tmp_path / f"t{suffix}")
    whole = source.read_bytes()
    source.write_bytes(whole[: 2 * len(whole) // 3])
    with pytest.raises(NetworkError, match=r"is damaged or cut short|cannot be read as PBF") as refused:
        build(source, tmp_path / "out", [profile], progress=silent)
    assert str(refused.value).startswith(f"{source}: ")
    assert ".part-" not in str(refused.value)


def test_what_is_no_extract_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    source = tmp_path / "t.osm.pbf"
    with pytest.raises(NetworkError, match="cannot be read: No such file"):
        build(source, tmp_path / "out", progress=silent)
    source.write_bytes(b"\x00" * 100)
    with pytest.raises(NetworkError, match="is no extract of OpenStreetMap"):
        build(source, tmp_path / "out", progress=silent)
    assert not (tmp_path / "out").exists()


def test_a_pbf_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    source = tmp_path / "named-otherwise"
    source.write_bytes(b"\x00\x00\x00\x0e\x0a\x09OSMHeader\x18\x7c")
    assert suffix_of(source) == ".osm.pbf"


def test_damage_is_said(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    data = read_manifest(copy).data
    (copy / data / "car" / "streets.osrm.hsgr").unlink()
    with pytest.raises(NetworkError, match="build the streets again"):
        open_streets(copy)
    (copy / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(NetworkError, match="build it again"):
        open_streets(copy)
