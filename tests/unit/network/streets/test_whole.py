"""Files of a folder of streets that are missing or cut short: seen when it is built again, and when it is opened."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.cli.main import main
from fleet.network.build import build
from fleet.network.errors import NetworkError
from fleet.network.manifest import FILE, TILES_FOLDER, read_manifest
from fleet.network.streets import open_streets
from tests.unit.network.streets.conftest import town

AT = town().nodes

Harm = Callable[[Path], object]
CUT: Harm = lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])  # noqa: E731
AWAY: Harm = Path.unlink


def build_all(source: Path, out: Path) -> list[str]:
    """What the build of a whole folder says."""
    said: list[str] = []
    build(source, out, progress=said.append)
    return said


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town().write(tmp_path_factory.mktemp("source") / "t.osm.pbf")


@pytest.fixture(scope="module")
def whole(source: Path) -> Path:
    out = source.parent / "whole"
    build_all(source, out)
    return out


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    """A copy of the whole folder, to be harmed."""
    return Path(shutil.copytree(whole, tmp_path / "out"))


def tile(out: Path) -> Path:
    return next((out / read_manifest(out).data / TILES_FOLDER).rglob("*.gph"))


def table(out: Path) -> Path:
    return out / read_manifest(out).data / "car" / "streets.osrm.hsgr"


PARTS = pytest.mark.parametrize(("part", "name"), [(tile, "tiles"), (table, "car")], ids=["tiles", "car"])
HARMS = pytest.mark.parametrize("harm", [CUT, AWAY], ids=["cut", "away"])


@PARTS
@HARMS
def test_what_is_missing_or_cut_short_is_built_again_and_nothing_else(
    source: Path, out: Path, part: Callable[[Path], Path], name: str, harm: Harm
) -> None:
    before = part(out).stat().st_size
    harm(part(out))
    said = build_all(source, out)
    assert any(str(part(out)) in line and f"so {name} must be built again" in line for line in said)
    assert not any("up to date" in line for line in said)
    assert not any(line.startswith("foot") for line in said), "what is whole is taken over"
    assert part(out).stat().st_size == before
    streets = open_streets(out)
    assert streets.leg(AT[1], AT[5], "roll") is not None
    assert streets.leg(AT[1], AT[5], "drive") is not None
    assert build_all(source, out)[-1] == f"{out} is up to date"


@pytest.mark.parametrize("part", [tile, table], ids=["tiles", "car"])
@HARMS
def test_they_are_not_opened(out: Path, part: Callable[[Path], Path], harm: Harm) -> None:
    file = part(out)
    harm(file)
    with pytest.raises(NetworkError, match="build the streets again with `fleet network build`") as refused:
        open_streets(out)
    assert refused.value.file == str(file)


def test_a_folder_of_data_that_is_gone_is_built_again(source: Path, out: Path) -> None:
    shutil.rmtree(out / read_manifest(out).data / "foot")
    with pytest.raises(NetworkError, match=r"foot: is missing: build the streets again"):
        open_streets(out)
    said = build_all(source, out)
    assert any(line.startswith("foot") for line in said)
    assert not any(line.startswith(("car", "tiles (")) for line in said)
    assert open_streets(out).leg(AT[1], AT[5], "walk") is not None


def test_streets_of_an_earlier_release_are_opened_and_built_once_more(source: Path, out: Path) -> None:
    """Their manifest does not say how large the files are, so a build can't know whether they are whole."""
    made = read_manifest(out)
    (out / FILE).write_text(made.model_dump_json(exclude={"files"}), encoding="utf-8")
    assert open_streets(out).leg(AT[1], AT[5], "drive") is not None
    assert any("earlier release" in line for line in build_all(source, out))
    assert read_manifest(out).files == made.files


@pytest.mark.parametrize(
    "words",
    [("network", "show", "{out}"), ("network", "reach", "{out}", "--from", "-8.62,41.15", "--minutes", "5")],
    ids=["show", "reach"],
)
def test_commands_refuse_them(out: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    CUT(tile(out))
    with pytest.raises(SystemExit) as end:
        main([word.format(out=out) for word in words])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert str(tile(out)) in said
    assert "build the streets again" in said


def test_a_tile_that_goes_bad_while_it_is_in_use_is_said(out: Path) -> None:
    """The engine reads a tile when it first comes to it, which may be long after the folder was opened."""
    streets = open_streets(out)
    CUT(tile(out))
    with pytest.raises(NetworkError, match=r"can't be read \(.*\): build the streets again"):
        streets.leg(AT[1], AT[5], "roll")


def test_a_refusal_comes_whole_out_of_another_process() -> None:
    error = NetworkError("a.streets", "is not there")
    assert str(pickle.loads(pickle.dumps(error))) == "a.streets: is not there"  # noqa: S301 - our own
